"""Forget queue jobs that ended long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def prune(session: Session, *, keep_days: int) -> int:
    """Delete queue jobs that ended more than ``keep_days`` ago, and workers long dead.

    Returns:
        How many queue jobs went.
    """
    deleted = await session.execute(
        text(
            """
            DELETE FROM procrastinate_jobs j
            WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
              AND (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id)
                  < now() - make_interval(days => :keep_days)
            RETURNING j.id
            """
        ),
        {"keep_days": keep_days},
    )
    await session.execute(
        text("DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - interval '1 hour'")
    )
    return len(deleted.all())
