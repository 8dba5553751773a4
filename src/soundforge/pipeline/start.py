"""Start work: the job's row and its queue job, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from soundforge.library import Job, jobs

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from soundforge.db.session import Session
    from soundforge.jobs import Queue

WAITED_FOR: Final = 10
BATCH: Final = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A job to be: its stage, its columns, and what follows once it has completed."""

    stage: str
    model: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    then: tuple[Plan, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the plan as the row keeps it."""
        return {"stage": self.stage, "model": self.model, "options": self.options}


async def begin(
    session: Session,
    queue: Queue,
    plans: Iterable[tuple[uuid.UUID, Plan]],
    *,
    priority: int = WAITED_FOR,
    batch_id: uuid.UUID | None = None,
) -> list[Job]:
    """Add a job per (track id, plan) and put each in the queue: all of it, or none.

    Args:
        session: The transaction that holds the rows and the queue jobs.
        queue: Where the queue jobs go.
        plans: What to do, for which track.
        priority: `WAITED_FOR` for what a person waits for, before `BATCH`.
        batch_id: The batch they belong to, with all that follows them.
    """
    rows = [
        {
            "track_id": track_id,
            "stage": plan.stage,
            "model": plan.model,
            "options": plan.options,
            "then": [following_plan.as_json() for following_plan in plan.then],
            "priority": priority,
            "batch_id": batch_id,
        }
        for track_id, plan in plans
    ]
    added = await jobs.add_many(session, rows)
    await enqueue(session, queue, added)
    return added


async def enqueue(session: Session, queue: Queue, waiting: Iterable[Job]) -> None:
    """Put jobs whose rows exist in the queue."""
    by_stage: dict[tuple[str, int], list[Job]] = defaultdict(list)
    for job in waiting:
        by_stage[job.stage, job.priority].append(job)
    for (stage, priority), group in by_stage.items():
        args = [{"job_id": str(job.id)} for job in group]
        ids = await queue.enqueue(session, stage, args, priority=priority)
        for job, queue_job_id in zip(group, ids, strict=True):
            job.queue_job_id = queue_job_id
    await session.flush()


async def following(session: Session, queue: Queue, job: Job) -> None:
    """Start what was planned to follow ``job``."""
    plans = [(job.track_id, Plan(**planned)) for planned in job.then]
    await begin(session, queue, plans, priority=job.priority, batch_id=job.batch_id)
