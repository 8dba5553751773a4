"""Forget queue jobs that ended long ago."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def prune(session: Session, *, keep_days: int) -> int:
    """Delete queue jobs that ended more than ``keep_days`` ago, and workers long dead.

    A worker with a queue job in `doing` stays: the rescue decides about that one.

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
        text(
            """
            DELETE FROM procrastinate_workers w
            WHERE w.last_heartbeat < now() - interval '1 hour'
              AND NOT EXISTS (
                SELECT 1 FROM procrastinate_jobs j
                WHERE j.worker_id = w.id AND j.status = 'doing'
              )
            """
        )
    )
    return len(deleted.all())
