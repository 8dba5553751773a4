"""Give a dead worker's queue jobs back to the queue.

procrastinate lists stalled jobs but leaves them in `doing`. Listing and retrying is a race
between nodes; one statement with SKIP LOCKED is not.
"""

from __future__ import annotations

import importlib.resources
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soundforge.db.session import Session

_SQL: Final = importlib.resources.files("soundforge.jobs").joinpath("sql")
_ORPHANS: Final = text(_SQL.joinpath("orphans.sql").read_text()).bindparams(
    bindparam("known_orphans", type_=ARRAY(BigInteger))
)
_RESCUE: Final = text(_SQL.joinpath("rescue.sql").read_text()).bindparams(
    bindparam("orphans", type_=ARRAY(BigInteger))
)


async def orphans(
    session: Session, *, grace_s: float, known_orphans: Iterable[int] = ()
) -> set[int]:
    """Return the queue jobs that are said to run, and do not.

    Args:
        session: The transaction to read in.
        grace_s: A worker without a heartbeat for this long is dead.
        known_orphans: Queue jobs in `doing` that surely nobody runs, whatever the heartbeats.
    """
    values = {"grace_s": grace_s, "known_orphans": list(known_orphans)}
    return set((await session.scalars(_ORPHANS, values)).all())


async def rescue(session: Session, orphaned: Iterable[int]) -> dict[int, int]:
    """End orphaned queue jobs and put a new one in the place of each.

    Returns:
        The id of the new queue job by that of the old one. One that was being cancelled has
        no successor.
    """
    rows = (await session.execute(_RESCUE, {"orphans": list(orphaned)})).all()
    return {row.old_id: row.new_id for row in rows if row.new_id is not None}


async def in_doing(session: Session, worker_ids: Iterable[int]) -> set[int]:
    """Return the queue jobs that the table says ``worker_ids`` are running."""
    statement = text(
        "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(:ids)"
    )
    return set((await session.scalars(statement, {"ids": list(worker_ids)})).all())


async def ended(session: Session, queue_job_ids: Iterable[int]) -> set[int]:
    """Return those of ``queue_job_ids`` that no worker will run: ended, or forgotten."""
    asked = set(queue_job_ids)
    statement = text(
        "SELECT id FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND id = ANY(:ids)"
    )
    return asked - set((await session.scalars(statement, {"ids": list(asked)})).all())


async def beat(session: Session, worker_ids: Iterable[int]) -> None:
    """Send the heartbeat of workers that surely live: those of this process.

    Before a rescue, so that a computer that wakes from sleep does not take its own running
    jobs for orphans.
    """
    await session.execute(
        text("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY(:ids)"),
        {"ids": list(worker_ids)},
    )
