"""Which folders on disk the rows know; everything else is swept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, or_, select

from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.library.models import Job, Track
from soundforge.storage import layout

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def known_folders(session: Session) -> set[str]:
    """Return the relative folders that a row names, or that running work may be writing.

    A recording's folder belongs to its track; stems and analysis belong to their job, and so do
    those of all its attempts until it has ended.
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
        if result := layout.result_dir(stage, job_id):
            known.add(result)
        if status != Status.COMPLETED:
            # The earlier ones too: the next attempt may go on from what they left.
            known |= {layout.attempt_dir(stage, job_id, one) for one in range(1, attempt + 1)}
    return known
