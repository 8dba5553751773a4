"""Stems: record what a separation made, and find one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from soundforge import errors
from soundforge.library.lifecycle import Status
from soundforge.library.models import Job, Stem, Track

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.db.session import Session


async def record(session: Session, job: Job, made: Sequence[dict[str, Any]]) -> None:
    """Record the stems that ``job`` made; older jobs of the track keep theirs."""
    session.add_all(Stem(job_id=job.id, track_id=job.track_id, **stem) for stem in made)
    await session.flush()


async def get(session: Session, owner_id: uuid.UUID, stem_id: uuid.UUID) -> tuple[Stem, Track]:
    """Return the owner's stem and its track.

    Raises:
        errors.NotFound: There is no such stem, or it is somebody else's (``stem_not_found``).
    """
    statement = (
        select(Stem, Track)
        .join(Track, Stem.track_id == Track.id)
        .where(Stem.id == stem_id, Track.owner_id == owner_id, Track.deleted_at.is_(None))
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise errors.NotFound("stem_not_found", "There is no such stem.")
    return row[0], row[1]


async def made_before(session: Session, content_key: str) -> tuple[Job, Sequence[Stem]] | None:
    """Return the newest completed separation with this key, whoever's it is, and its stems."""
    statement = (
        select(Job)
        .where(Job.content_key == content_key, Job.status == Status.COMPLETED)
        .order_by(Job.finished_at.desc())
        .limit(1)
    )
    job = await session.scalar(statement)
    return None if job is None else (job, await of_job(session, job.id))


async def of_job(session: Session, job_id: uuid.UUID) -> Sequence[Stem]:
    """Return the stems of one separation."""
    statement = select(Stem).where(Stem.job_id == job_id).order_by(Stem.inserted_at)
    return (await session.scalars(statement)).all()
