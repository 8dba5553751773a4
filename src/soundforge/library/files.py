"""Which folders on disk the rows know; everything else is swept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.library.models import Job, Track
from soundforge.storage import layout

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Session


async def known_folders(session: Session) -> set[str]:
    """Return the relative folders that a row names, or that running work may be writing.

    A recording's folder belongs to its track; stems and analysis belong to their job.
    """
    is_at_work = exists().where(Job.track_id == Track.id, Job.status.in_(UNFINISHED))
    recordings = await session.scalars(
        select(Track.id).where(or_(Track.recording_path.is_not(None), is_at_work))
    )
    known = {layout.recording_dir(track_id) for track_id in recordings}
    rows = await session.execute(
        select(Job.id, Job.stage, Job.status, Job.attempt).where(
            Job.status.in_((*UNFINISHED, Status.COMPLETED))
        )
    )
    for job_id, stage, status, attempt in rows:
        known |= _folders(job_id, stage, status=status, attempt=attempt)
    return known


def _folders(job_id: uuid.UUID, stage: str, *, status: str, attempt: int) -> set[str]:
    is_done = status == Status.COMPLETED
    match stage:
        case "separate" | "warp":
            partial = layout.stems_partial(job_id, attempt)
            return {layout.stems_dir(job_id)} | (set() if is_done else {partial})
        case "analyze" | "transcribe":
            partial = layout.analysis_partial(job_id, attempt)
            return {layout.analysis_dir(job_id)} | (set() if is_done else {partial})
        case _:
            return set() if is_done else {layout.scratch(f"{job_id}-{attempt}")}
