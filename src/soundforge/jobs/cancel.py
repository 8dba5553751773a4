"""Cancel queue jobs, waiting or running, from any node, in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def cancel(session: Session, queue_job_id: int) -> None:
    """Let the queue job never run, or abort its run.

    A run is told by a notification at commit: its coroutine is cancelled within milliseconds.
    A queue job that has ended is left alone.
    """
    await session.execute(
        text("SELECT procrastinate_cancel_job_v1(:id, true, false)"), {"id": queue_job_id}
    )
