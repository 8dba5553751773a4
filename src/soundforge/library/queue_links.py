"""Which queue job does which job. A job has one at a time; any other is refused at its begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from soundforge.library.lifecycle import UNFINISHED
from soundforge.library.models import Job

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from soundforge.db.session import Session


async def follow(session: Session, successors: Mapping[int, int]) -> None:
    """Let jobs be done by the successors of their queue jobs, by the old one's id."""
    for old, new in successors.items():
        await session.execute(update(Job).where(Job.queue_job_id == old).values(queue_job_id=new))


async def hold(session: Session, queue_job_ids: Collection[int]) -> set[int]:
    """Lock the jobs of queue jobs until the commit, as long as nobody else holds them.

    Whoever cancels a job holds it before its queue job. Whoever wants to touch queue jobs and
    then their jobs must do the same: the other way round is a deadlock.

    Returns:
        The queue jobs but those whose job somebody else holds.
    """
    statement = select(Job.queue_job_id).where(Job.queue_job_id.in_(queue_job_ids))
    named = set(await session.scalars(statement))
    held = set(await session.scalars(statement.with_for_update(skip_locked=True)))
    return set(queue_job_ids) - (named - held)


async def of_node(session: Session, node: str) -> list[int]:
    """Return the queue jobs of unfinished jobs that ``node`` was working on."""
    statement = select(Job.queue_job_id).where(
        Job.node == node, Job.status.in_(UNFINISHED), Job.queue_job_id.is_not(None)
    )
    return [found for found in await session.scalars(statement) if found is not None]


async def of_unfinished(session: Session) -> list[int]:
    """Return the queue jobs of all jobs that wait or run."""
    statement = select(Job.queue_job_id).where(
        Job.status.in_(UNFINISHED), Job.queue_job_id.is_not(None)
    )
    return [found for found in await session.scalars(statement) if found is not None]


async def stranded(session: Session, ended: Collection[int]) -> Sequence[Job]:
    """Return the unfinished jobs whose queue job is in ``ended``, locked until the commit."""
    statement = (
        select(Job).where(Job.queue_job_id.in_(ended), Job.status.in_(UNFINISHED)).with_for_update()
    )
    return (await session.scalars(statement)).all()
