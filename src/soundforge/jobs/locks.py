"""Locks: of the queue jobs that a worker has, one at a time holds the lock of a name.

procrastinate keeps them. It lets no worker have a queue job while another one runs that holds the
same lock, and the database lets no two hold it. A lock ends with the run, however that ends; that
of a killed worker ends when its queue job was given back and is done.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def take(session: Session, queue_job_id: int, lock: str) -> bool:
    """Let a running queue job hold ``lock``, and no other one; False while somebody else does.

    Args:
        session: The transaction; of those that ask for one lock, one goes on at a time.
        queue_job_id: Who asks. One that its worker has lost takes nothing.
        lock: Its name.
    """
    try:
        async with session.begin_nested():
            await session.execute(
                text(
                    "UPDATE procrastinate_jobs SET lock = :lock WHERE id = :id AND status = 'doing'"
                ),
                {"id": queue_job_id, "lock": lock},
            )
    except IntegrityError:  # the unique index over the locks of what runs
        return False
    return True


async def release(session: Session, queue_job_id: int) -> None:
    """Let a running queue job hold no lock."""
    await session.execute(
        text("UPDATE procrastinate_jobs SET lock = NULL WHERE id = :id AND status = 'doing'"),
        {"id": queue_job_id},
    )
