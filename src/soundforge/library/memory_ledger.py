"""The memory of one machine: what its jobs were promised, and who waits for some, in line.

For all processes on the machine that share a database. An entry belongs to a queue job and lives
no longer: a promise while a worker has the queue job, a wait while it has not ended. So what a
killed process was promised is free again when its queue jobs are given back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from soundforge.db.base import utc_now
from soundforge.jobs import inspect
from soundforge.library.models import Job, MemoryEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from soundforge.db.session import Session

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('memory of ' || :machine, 0))")


@dataclass(frozen=True, slots=True)
class Promise:
    """Memory that work was let in with, and how much of it that had taken lately."""

    queue_job_id: int
    needed_bytes: int
    held_bytes: int


@dataclass(frozen=True, slots=True)
class Waiter:
    """A job that waits for memory.

    Args:
        queue_job_id: Its queue job.
        place: In line: the least one goes first.
        model: Its model.
        needed_bytes: The least it can do with.
        since: Since when.
    """

    queue_job_id: int
    place: tuple[int, int]
    model: str
    needed_bytes: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries of a machine; waiters in the order of the line."""

    promises: tuple[Promise, ...] = ()
    waiters: tuple[Waiter, ...] = ()

    def place_of(self, queue_job_id: int) -> tuple[int, int] | None:
        """Return where a queue job stands in line; a rescue may have moved it to the front."""
        return next((one.place for one in self.waiters if one.queue_job_id == queue_job_id), None)


async def read(session: Session, machine: str) -> Ledger:
    """Return the ledger, and keep it from everybody else until the transaction ends.

    Entries whose queue job has ended, or whose promise its worker has lost, are forgotten.
    """
    await session.execute(_ONE_AT_A_TIME, {"machine": machine})
    statement = select(MemoryEntry).where(MemoryEntry.machine == machine)
    entries = {one.queue_job_id: one for one in await session.scalars(statement)}
    if not entries:
        return Ledger()
    alive = await inspect.unfinished(session, list(entries))
    dead = [
        queue_job_id
        for queue_job_id, one in entries.items()
        if queue_job_id not in alive or not (one.waits_since or alive[queue_job_id].is_at_work)
    ]
    await session.execute(delete(MemoryEntry).where(MemoryEntry.queue_job_id.in_(dead)))
    models = await _models(session, entries.keys())
    living = [one for one in entries.values() if one.queue_job_id not in dead]
    waiters = [
        Waiter(
            one.queue_job_id,
            place(alive[one.queue_job_id].priority, one.queue_job_id),
            models.get(one.queue_job_id, ""),
            one.needed_bytes,
            one.waits_since,
        )
        for one in living
        if one.waits_since
    ]
    return Ledger(
        tuple(
            Promise(one.queue_job_id, one.needed_bytes, one.held_bytes)
            for one in living
            if not one.waits_since
        ),
        tuple(sorted(waiters, key=lambda waiter: waiter.place)),
    )


def place(priority: int, queue_job_id: int) -> tuple[int, int]:
    """Return where a queue job stands in line, as the queue hands them out."""
    return -priority, queue_job_id


async def promise(session: Session, machine: str, queue_job_id: int, needed_bytes: int) -> None:
    """Note that the work of a queue job may take so much."""
    await _put(session, queue_job_id, machine=machine, needed_bytes=needed_bytes, waits_since=None)


async def wait(session: Session, machine: str, queue_job_id: int, needed_bytes: int) -> datetime:
    """Note that a queue job waits for so much; return since when it does, on any machine."""
    found = await session.scalar(
        select(MemoryEntry.waits_since).where(MemoryEntry.queue_job_id == queue_job_id)
    )
    since = found or utc_now()
    await _put(session, queue_job_id, machine=machine, needed_bytes=needed_bytes, waits_since=since)
    return since


async def withdraw(session: Session, queue_job_id: int) -> None:
    """Forget what a queue job was promised, or waits for."""
    await session.execute(delete(MemoryEntry).where(MemoryEntry.queue_job_id == queue_job_id))


async def note_held(session: Session, held_bytes: Mapping[int, int]) -> None:
    """Note how much of their promises the work of queue jobs has taken by now."""
    for queue_job_id, held in sorted(held_bytes.items()):
        entry = update(MemoryEntry).where(MemoryEntry.queue_job_id == queue_job_id)
        await session.execute(entry.values(held_bytes=held))


async def _put(session: Session, queue_job_id: int, **values: Any) -> None:
    entry = insert(MemoryEntry).values(queue_job_id=queue_job_id, held_bytes=0, **values)
    await session.execute(
        entry.on_conflict_do_update(
            index_elements=[MemoryEntry.queue_job_id], set_={**values, "held_bytes": 0}
        )
    )


async def _models(session: Session, queue_job_ids: Any) -> dict[int, str]:
    rows = await session.execute(
        select(Job.queue_job_id, Job.model).where(Job.queue_job_id.in_(list(queue_job_ids)))
    )
    return {row.queue_job_id: row.model or "" for row in rows}
