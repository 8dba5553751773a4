"""Cancel queue jobs, waiting or running, from any node, in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.db.session import Session


async def cancel(session: Session, queue_job_id: int) -> None:
    """Let the queue job never run, or abort its run.

    A run is told by a notification at commit: its coroutine is cancelled within milliseconds.
    A queue job that has ended is left alone.
    """
    await cancel_all(session, [queue_job_id])


async def cancel_all(session: Session, queue_job_ids: Sequence[int]) -> None:
    """Do the same with many, in one statement."""
    await session.execute(
        text("SELECT procrastinate_cancel_job_v1(id, true, false) FROM unnest(:ids) AS id"),
        {"ids": list(queue_job_ids)},
    )
