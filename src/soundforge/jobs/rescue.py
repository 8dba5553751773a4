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

_RESCUE: Final = text(
    importlib.resources.files("soundforge.jobs").joinpath("sql/rescue.sql").read_text()
).bindparams(bindparam("known_orphans", type_=ARRAY(BigInteger)))


async def rescue(
    session: Session, *, grace_s: float, known_orphans: Iterable[int] = ()
) -> list[int]:
    """Put orphaned queue jobs back; return the ids of those that will run again.

    Args:
        session: The transaction to do it in.
        grace_s: A worker without a heartbeat for this long is dead.
        known_orphans: Queue jobs in `doing` that surely nobody runs, whatever the heartbeats.
    """
    values = {"grace_s": grace_s, "known_orphans": list(known_orphans)}
    rows = (await session.execute(_RESCUE, values)).all()
    return [row[0] for row in rows if row[1] == "todo"]


async def in_doing(session: Session, worker_ids: Iterable[int]) -> set[int]:
    """Return the queue jobs that the table says ``worker_ids`` are running."""
    statement = text(
        "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = ANY(:ids)"
    )
    return set((await session.scalars(statement, {"ids": list(worker_ids)})).all())


async def beat(session: Session, worker_ids: Iterable[int]) -> None:
    """Send the heartbeat of workers that surely live: those of this process.

    Before a rescue, so that a computer that wakes from sleep does not take its own running
    jobs for orphans.
    """
    await session.execute(
        text("UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY(:ids)"),
        {"ids": list(worker_ids)},
    )
