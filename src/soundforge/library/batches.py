"""Batches: work on several tracks that was asked for in one go.

A batch is what its jobs are: how far it is, is read from them. Tracks in the bin do not count.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, exists, func, or_, select, tuple_
from sqlalchemy.orm import contains_eager, defer

from soundforge import errors
from soundforge.db.base import utc_now
from soundforge.library import announce, lifecycle, moves
from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.library.models import Batch, Job, Track

if TYPE_CHECKING:
    import uuid
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from soundforge.db.session import Session


class JobProgress(NamedTuple):
    """How far a job of a batch is: columns of its row, and how long its track is."""

    track_id: uuid.UUID
    stage: str
    model: str | None
    options: dict[str, Any]
    then: list[dict[str, Any]]
    status: str
    progress: int
    work_began_at: datetime | None
    work_began_progress: int
    updated_at: datetime
    duration_ms: int | None


async def add(session: Session, owner_id: uuid.UUID, **fields: Any) -> Batch:
    """Add a batch without jobs; whoever starts jobs names it."""
    batch = Batch(owner_id=owner_id, **fields)
    session.add(batch)
    await session.flush()
    await announce.batch_changed(session, batch.id)
    return batch


async def get(session: Session, owner_id: uuid.UUID, batch_id: uuid.UUID) -> Batch:
    """Return the owner's batch.

    Raises:
        errors.NotFound: There is no such batch, or it is somebody else's (``batch_not_found``).
    """
    batch = await session.get(Batch, batch_id)
    if batch is None or batch.owner_id != owner_id:
        raise errors.NotFound("batch_not_found", "There is no such batch.")
    return batch


async def page(
    session: Session,
    owner_id: uuid.UUID,
    *,
    limit: int,
    after: tuple[datetime, uuid.UUID] | None = None,
) -> tuple[Sequence[Batch], tuple[datetime, uuid.UUID] | None]:
    """Return the owner's batches, newest first, and where the next page continues.

    Args:
        session: The transaction to read in.
        owner_id: Whose.
        limit: Most batches returned.
        after: Where the last page ended.
    """
    statement = select(Batch).where(Batch.owner_id == owner_id)
    if after is not None:
        statement = statement.where(tuple_(Batch.inserted_at, Batch.id) < tuple_(*after))
    statement = statement.order_by(Batch.inserted_at.desc(), Batch.id.desc()).limit(limit + 1)
    found = (await session.scalars(statement)).all()
    shown = found[:limit]
    has_more = len(found) > limit
    return shown, (shown[-1].inserted_at, shown[-1].id) if has_more else None


async def shown(
    session: Session, owner_id: uuid.UUID, *, limit: int, seen: Collection[uuid.UUID] = ()
) -> Sequence[Batch]:
    """Return the newest batches that a page shows: something of them waits, runs or failed.

    Those that were put away with `close` are never among them.

    Args:
        session: The transaction to read in.
        owner_id: Whose.
        limit: Most batches returned.
        seen: Batches that are shown however they ended: somebody saw them at work.
    """
    of_it = Job.batch_id == Batch.id, Job.status.in_((*UNFINISHED, Status.FAILED))
    is_news = exists().where(*of_it, Track.id == Job.track_id, Track.deleted_at.is_(None))
    statement = (
        select(Batch)
        .where(
            Batch.owner_id == owner_id,
            Batch.closed_at.is_(None),
            or_(is_news, Batch.id.in_(seen)),
        )
        .order_by(Batch.inserted_at.desc(), Batch.id.desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def jobs_of(session: Session, batch_id: uuid.UUID) -> Sequence[Job]:
    """Return the jobs of a batch, oldest first, each with its track."""
    statement = (
        select(Job)
        .join(Job.track)
        .where(Job.batch_id == batch_id, Track.deleted_at.is_(None))
        .options(contains_eager(Job.track), defer(Job.results))
        .order_by(Job.inserted_at, Job.id)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def progress_of(
    session: Session, batch_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, list[JobProgress]]:
    """Return how far each job of some batches is, oldest first, by the batch's id.

    Pages ask at every step of every job: only what they need, and no rows of the mapper.
    """
    statement = (
        select(
            Job.batch_id,
            Job.track_id,
            Job.stage,
            Job.model,
            Job.options,
            Job.then,
            Job.status,
            Job.progress,
            Job.work_began_at,
            Job.work_began_progress,
            Job.updated_at,
            Track.duration_ms,
        )
        .join(Job.track)
        .where(Job.batch_id.in_(batch_ids), Track.deleted_at.is_(None))
        .order_by(Job.inserted_at, Job.id)
    )
    found: dict[uuid.UUID, list[JobProgress]] = {batch_id: [] for batch_id in batch_ids}
    for batch_id, *columns in await session.execute(statement):
        found[batch_id].append(JobProgress(*columns))
    return found


async def track_ids_of(session: Session, batch_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return the tracks of a batch, the one that was begun first before the others."""
    statement = (
        select(Job.track_id)
        .join(Job.track)
        .where(Job.batch_id == batch_id, Track.deleted_at.is_(None))
        .group_by(Job.track_id)
        .order_by(func.min(Job.inserted_at), Job.track_id)
    )
    return (await session.scalars(statement)).all()


async def lock_tracks(
    session: Session, owner_id: uuid.UUID, track_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Track]:
    """Hold those of ``track_ids`` that are the owner's until the commit; return them by id.

    Until then no job of theirs ends, so nothing starts that a batch has not seen. Always in the
    order of their ids: two batches with tracks in common wait for each other, and do not lock up.
    """
    statement = (
        select(Track)
        .where(Track.id.in_(track_ids), Track.owner_id == owner_id, Track.deleted_at.is_(None))
        .order_by(Track.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {track.id: track for track in await session.scalars(statement)}


async def stages_at_work(
    session: Session, track_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, set[str]]:
    """Return the stages that wait or run for locked tracks, by the track's id."""
    statement = select(Job.track_id, Job.stage).where(
        Job.track_id.in_(track_ids), Job.status.in_(UNFINISHED)
    )
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for track_id, stage in await session.execute(statement):
        found[track_id].add(stage)
    return found


async def cancel(session: Session, batch_id: uuid.UUID) -> list[int]:
    """End all jobs of a batch that wait or run, its tracks being locked.

    Returns:
        The queue jobs that did them.
    """
    ended = await _locked(session, batch_id, UNFINISHED)
    for job in ended:
        moves.end(job, Status.CANCELLED, None)
    await session.flush()
    await announce.jobs_changed(session, ended)
    return [job.queue_job_id for job in ended if job.queue_job_id is not None]


async def retry(session: Session, batch_id: uuid.UUID) -> Sequence[Job]:
    """Let the failed jobs of a batch wait again, its tracks being locked.

    A stage that another job of the track does by now, or is in the way of, is left alone.

    Returns:
        The jobs; the caller puts them in the queue.
    """
    failed = await _locked(session, batch_id, (Status.FAILED,))
    busy = await stages_at_work(session, [job.track_id for job in failed])
    again = []
    for job in failed:
        if not any(lifecycle.excludes(job.stage, other) for other in busy[job.track_id]):
            busy[job.track_id].add(job.stage)
            moves.begin_again(job)
            again.append(job)
    await session.flush()
    await announce.jobs_changed(session, again)
    return again


async def close(session: Session, batch: Batch) -> None:
    """Put a batch away: pages no longer show it; its jobs go on."""
    batch.closed_at = utc_now()
    await session.flush()
    await announce.batch_changed(session, batch.id)


async def reopen(session: Session, batch: Batch) -> None:
    """Let pages show a batch again."""
    batch.closed_at = None
    await session.flush()
    await announce.batch_changed(session, batch.id)


async def _locked(
    session: Session, batch_id: uuid.UUID, statuses: Sequence[Status]
) -> Sequence[Job]:
    statement = (
        select(Job)
        .join(Job.track)
        .where(Job.batch_id == batch_id, Job.status.in_(statuses), Track.deleted_at.is_(None))
        .order_by(Job.id)
        .with_for_update(of=Job)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(statement)).all()


async def forget_empty(session: Session) -> None:
    """Delete batches whose tracks are all gone for good."""
    await session.execute(delete(Batch).where(~exists().where(Job.batch_id == Batch.id)))
