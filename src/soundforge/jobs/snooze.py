"""Queue jobs that wait without a worker: what `Snooze` leaves to us, and how they are woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.db.session import Session


async def uncount(session: Session, queue_job_id: int) -> None:
    """Take the count of the attempt back that the library is about to make, and any lock held.

    For a run that will end as `Snooze`, so that no number of them looks like failures.
    """
    await session.execute(
        text(
            "UPDATE procrastinate_jobs SET attempts = attempts - 1, lock = NULL"
            " WHERE id = :id AND status = 'doing'"
        ),
        {"id": queue_job_id},
    )


async def wake(session: Session, queue_job_ids: Sequence[int]) -> None:
    """Let queue jobs run now that were to wait longer, and tell the workers at commit.

    Those that somebody holds at this moment, to cancel them, are left alone.
    """
    await session.execute(
        text(
            """
            WITH woken AS (
                UPDATE procrastinate_jobs SET scheduled_at = NULL
                WHERE id IN (
                    SELECT id FROM procrastinate_jobs
                    WHERE id = ANY(:ids) AND status = 'todo' AND scheduled_at > now()
                    FOR UPDATE SKIP LOCKED
                )
                RETURNING id, queue_name
            )
            SELECT pg_notify(
                'procrastinate_queue_v1#' || queue_name,
                json_build_object('type', 'job_inserted', 'job_id', id)::text
            ) FROM woken
            """
        ),
        {"ids": list(queue_job_ids)},
    )
