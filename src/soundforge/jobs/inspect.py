"""What the queue looks like now, for health, waiting times and admin pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.db.session import Session


async def positions(session: Session, queue_job_ids: Sequence[int]) -> dict[int, int]:
    """Return the place in line, 1 for the next, of each given queue job that waits."""
    rows = await session.execute(
        text(
            """
            SELECT id, place FROM (
                SELECT id, row_number() OVER (
                    PARTITION BY queue_name ORDER BY priority DESC, id
                ) AS place
                FROM procrastinate_jobs WHERE status = 'todo'
            ) AS line
            WHERE id = ANY(:ids)
            """
        ),
        {"ids": list(queue_job_ids)},
    )
    return {row.id: row.place for row in rows}


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A queue job that waits or runs.

    Args:
        is_at_work: Whether a worker has it, or had it until it died lately.
        priority: More goes first; among equals the lower id.
    """

    is_at_work: bool
    priority: int


async def unfinished(session: Session, queue_job_ids: Sequence[int]) -> dict[int, Unfinished]:
    """Return how the given queue jobs stand that have not ended."""
    rows = await session.execute(
        text(
            "SELECT id, status = 'doing' AS is_at_work, priority FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') AND id = ANY(:ids)"
        ),
        {"ids": list(queue_job_ids)},
    )
    return {row.id: Unfinished(row.is_at_work, row.priority) for row in rows}


async def live_workers(session: Session, *, grace_s: float) -> int:
    """Return how many workers have sent a heartbeat within ``grace_s``."""
    count = await session.scalar(
        text(
            "SELECT count(*) FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => :grace_s)"
        ),
        {"grace_s": grace_s},
    )
    return int(count or 0)
