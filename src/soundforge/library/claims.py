"""The same files are made once at a time: a running job claims what it makes.

A claim is the ``content_key`` in the row of a job that a worker has. It ends with the run, however
that ends. That of a killed worker ends when its job goes back to the queue: who waits for the claim
holds a worker, and that job may need just this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text, update

from soundforge.jobs import inspect
from soundforge.library.lifecycle import Status
from soundforge.library.models import Job

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Session

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
_RUNNING = [status for status in Status if status.is_running]


async def claim(session: Session, job_id: uuid.UUID, attempt: int, key: str) -> bool:
    """Note that a run makes what ``key`` stands for; False while another job makes the same.

    Args:
        session: The transaction; of those with the same key one goes on at a time.
        job_id: Whose run.
        attempt: Its number; of a run that was given up nothing is noted.
        key: The ``content_key``.
    """
    await session.execute(_ONE_AT_A_TIME, {"key": key})
    others = select(Job.queue_job_id).where(
        Job.content_key == key, Job.id != job_id, Job.status.in_(_RUNNING)
    )
    claimed = [queue_job_id for queue_job_id in await session.scalars(others) if queue_job_id]
    if claimed and await inspect.at_work(session, claimed):
        return False
    mine = update(Job).where(Job.id == job_id, Job.attempt == attempt)
    await session.execute(mine.values(content_key=key))
    return True
