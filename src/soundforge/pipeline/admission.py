"""Let work begin only when the memory it will need is there; better late than killed.

Who waits stands in the ledger of the machine, which all its processes share, and holds no worker.
Smaller work behind it may begin meanwhile (backfilling), but not for ever: after some time what
becomes free is kept for the first in line.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio import memory
from soundforge.db.base import utc_now
from soundforge.jobs import snooze
from soundforge.library import memory_ledger
from soundforge.pipeline import patience
from soundforge.pipeline.waiting import MustWaitError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from soundforge.db.session import Database, Session
    from soundforge.library import Job
    from soundforge.library.memory_ledger import Ledger

    Bytes = Callable[[], int]
    MaybeBytes = Callable[[], int | None]

logger = logging.getLogger(__name__)

_LOOK_AGAIN_S: Final = 60.0
"""What becomes free wakes who waits for it; this is for whoever was missed."""
_OVERTAKEN_S: Final = 120.0
_PATIENCE_S: Final = 1800.0
_GOODBYE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Short:
    """Not enough memory: how much there is, and since when the job has waited."""

    free_bytes: int
    since: datetime
    is_promised: bool


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for memory.

    Args:
        queue_job_id: Its queue job.
        priority: Its priority in the queue.
        held: Tells what the process that will do the work has taken already.
        make_room: Gives up what is only kept for later; tells whether there was any.
    """

    queue_job_id: int
    priority: int
    held: Bytes
    make_room: Callable[[], Awaitable[bool]]

    @classmethod
    def of(cls, job: Job, *, held: Bytes, make_room: Callable[[], Awaitable[bool]]) -> Asker:
        """Return a running job as one who asks."""
        assert job.queue_job_id is not None
        return cls(job.queue_job_id, job.priority, held, make_room)


class Admission:
    """Who may take how much of the memory that the processes of this machine share.

    An engine takes its memory bit by bit: until it has, what is free is free no more.

    ``is_left`` is set whenever work has given its memory back; time to `wake`.

    Args:
        available: Tells what can be had now; None where that is not known.
        total: Tells what this machine, or this container, has in all; None likewise.
        machine: Names the memory that is shared.
        patience_s: How long a job waits before it fails.
        overtaken_s: How long others behind it may begin before it.
    """

    def __init__(
        self,
        *,
        available: MaybeBytes = memory.available_bytes,
        total: MaybeBytes = memory.total_bytes,
        machine: str = "",
        patience_s: float = _PATIENCE_S,
        overtaken_s: float = _OVERTAKEN_S,
    ) -> None:
        self._available, self._total = available, total
        self._machine = machine or memory.pool_name()
        self._patience_s, self._overtaken_s = patience_s, overtaken_s
        self._held: dict[int, Bytes] = {}
        self.is_left = asyncio.Event()

    @contextlib.asynccontextmanager
    async def admitted(
        self, database: Database, asker: Asker, ways: Sequence[int]
    ) -> AsyncIterator[int]:
        """Keep memory for the work in the block.

        Args:
            database: Where the ledger is.
            asker: Whose work.
            ways: What each way to do the work is predicted to need, in bytes, the best one first.

        Yields:
            The place in ``ways`` of the first one that fits; 0 where nobody knows.

        Raises:
            MustWaitError: None fits now; the ledger says that the job waits.
            errors.Conflict: ``memory_too_small``: it can never fit.
            errors.Unavailable: ``memory_short``: it has waited too long.
        """
        self._check_total(min(ways))
        way = await self._way(database, asker, ways)
        self._held[asker.queue_job_id] = asker.held
        try:
            yield way
        finally:
            del self._held[asker.queue_job_id]
            await asyncio.shield(self._leave(database, asker.queue_job_id))
            self.is_left.set()

    async def wake(
        self,
        database: Database,
        *,
        held: Callable[[str], int],
        make_room: Callable[[str], Awaitable[bool]],
    ) -> int:
        """Wake those in line for whom there is memory now, and say what this process holds.

        Args:
            database: Where the ledger is.
            held: Tells what a process holds that waits for work of a model.
            make_room: Gives up what is kept for other models than this one.

        Returns:
            How many were woken.
        """
        self.is_left.clear()
        woken: list[int] = []
        short = await self._wake(database, held, woken)
        if short is not None and await make_room(short):
            await self._wake(database, held, woken)
        return len(woken)

    async def _wake(
        self, database: Database, held: Callable[[str], int], woken: list[int]
    ) -> str | None:
        """Wake who fits; return the model of the first in line who does not."""
        short = None
        async with database.transaction() as session:
            ledger = await memory_ledger.read(session, self._machine)
            await self._note_held(session)
            available = self._available()
            if available is None or not ledger.waiters:
                return None
            for one in ledger.waiters:
                if one.needed_bytes > self._free(ledger, available + held(one.model), one.place):
                    short = one.model if short is None else short
                elif one.queue_job_id not in woken:
                    woken.append(one.queue_job_id)
                    available -= one.needed_bytes
            await snooze.wake(session, woken)
        return short

    async def _way(self, database: Database, asker: Asker, ways: Sequence[int]) -> int:
        """Return the first way that fits; what is kept for later goes before less is taken."""
        found = await patience.transact(
            database, lambda session: self._decide(session, asker, ways[:1])
        )
        if isinstance(found, _Short):
            await asker.make_room()
            found = await patience.transact(
                database, lambda session: self._decide(session, asker, ways)
            )
        if not isinstance(found, _Short):
            return found
        figures = f"{_gb(min(ways))} needed, {_gb(max(0, found.free_bytes))} free"
        if found.is_promised:
            figures += " beside what other jobs were promised"
        if utc_now() - found.since >= timedelta(seconds=self._patience_s):
            await patience.transact(
                database, lambda session: memory_ledger.withdraw(session, asker.queue_job_id)
            )
            raise errors.Unavailable(
                "memory_short",
                f"There is not enough memory: {figures}.",
                "End other programs, or choose a smaller model.",
            )
        raise MustWaitError(f"Waits for memory: {figures}", after_s=_LOOK_AGAIN_S)

    async def _decide(self, session: Session, asker: Asker, ways: Sequence[int]) -> int | _Short:
        """Promise the first way that fits, or let the job stand in line."""
        ledger = await memory_ledger.read(session, self._machine)
        await self._note_held(session)
        available = self._available()
        if available is None:
            return 0
        place = ledger.place_of(asker.queue_job_id) or memory_ledger.place(
            asker.priority, asker.queue_job_id
        )
        free = self._free(ledger, available + asker.held(), place)
        for at, needed in enumerate(ways):
            if needed <= free:
                await memory_ledger.promise(session, self._machine, asker.queue_job_id, needed)
                return at
        least = min(ways)
        since = await memory_ledger.wait(session, self._machine, asker.queue_job_id, least)
        return _Short(free, since, is_promised=bool(ledger.promises))

    def _free(self, ledger: Ledger, available: int, place: tuple[int, int]) -> int:
        """Return what whoever stands at ``place`` in line may take of what is ``available``."""
        own = {queue_job_id: held() for queue_job_id, held in self._held.items()}
        for one in ledger.promises:
            held_bytes = own.get(one.queue_job_id, one.held_bytes)
            available -= max(0, one.needed_bytes - held_bytes)
        return available - self._kept_for_first(ledger, available, place)

    def _kept_for_first(self, ledger: Ledger, free: int, place: tuple[int, int]) -> int:
        """Return what is kept for the first in line that has been overtaken for long enough.

        Nothing, when it would not fit although nothing of ours runs: then other programs have
        what it waits for, and to wait with it would help nobody. It is asked first each time.
        """
        patient = timedelta(seconds=self._overtaken_s)
        for one in ledger.waiters:
            if one.place < place and utc_now() - one.since >= patient:
                return one.needed_bytes if ledger.promises or one.needed_bytes <= free else 0
        return 0

    async def _note_held(self, session: Session) -> None:
        held = {queue_job_id: held() for queue_job_id, held in self._held.items()}
        await memory_ledger.note_held(session, held)

    async def _leave(self, database: Database, queue_job_id: int) -> None:
        """Give the promise back; without a database it ends with the queue job."""
        try:
            async with asyncio.timeout(_GOODBYE_S), database.transaction() as session:
                await memory_ledger.withdraw(session, queue_job_id)
        except (errors.Unavailable, TimeoutError):
            logger.warning("memory not given back", extra={"queue_job_id": queue_job_id})

    def _check_total(self, least_bytes: int) -> None:
        total = self._total()
        if total is not None and total < least_bytes:
            raise errors.Conflict(
                "memory_too_small",
                f"This needs {_gb(least_bytes)} of memory, and all there is is {_gb(total)}.",
                "Choose a smaller model, or give the server more memory.",
            )


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
