"""Versions of a track: warps of its stems, of which the newest few are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.library.models import Job

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Session


async def keep_newest(session: Session, track_id: uuid.UUID, *, keep: int) -> int:
    """Forget all but the newest ``keep`` warps of a track; their files go with the next sweep.

    Returns:
        How many went.
    """
    warps = (Job.track_id == track_id, Job.stage == "warp")
    kept = (
        select(Job.id)
        .where(*warps, Job.status == Status.COMPLETED)
        .order_by(Job.inserted_at.desc())
        .limit(keep)
    )
    gone = await session.execute(
        delete(Job)
        .where(*warps, Job.status.not_in(UNFINISHED), Job.id.not_in(kept))
        .returning(Job.id)
    )
    return len(gone.all())
