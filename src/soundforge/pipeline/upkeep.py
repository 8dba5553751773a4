"""What runs by itself: rescue of orphaned jobs, the bin, the pruner, the sweep of files."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.jobs import prune, rescue
from soundforge.library import batches, files, queue_links, tracks
from soundforge.pipeline import preparing, start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from soundforge.db.session import Session
    from soundforge.jobs.workers import Workers
    from soundforge.pipeline.tools import Tools

logger = logging.getLogger(__name__)

_LONGEST_ROUND_S: Final = 3.0
_BEATS_PER_GRACE: Final = 4  # a lost one or two do not make a worker look dead
_REUNITE_EVERY_S: Final = 60.0
_TIDY_EVERY_S: Final = 3600.0
_SWEEP_OLDER_THAN_S: Final = 3600.0


class Upkeep:
    """The periodic work of one process.

    Args:
        tools: The doors.
        workers: This process's workers, whose heartbeats it sends.
        rescue_after_s: A worker silent for this long is dead.
        keep_days: Finished queue jobs are forgotten after this many days.
        trash_days: Deleted tracks are purged after this many days.
    """

    def __init__(
        self,
        tools: Tools,
        workers: Workers,
        *,
        rescue_after_s: float,
        keep_days: int,
        trash_days: int,
    ) -> None:
        self._tools = tools
        self._workers = workers
        self._rescue_after_s = rescue_after_s
        self._keep_days = keep_days
        self._trash_days = trash_days
        self._suspects: set[int] = set()

    async def recover(self) -> int:
        """Give back what this node was doing when it ended; call before its workers start.

        Nobody else can be running these: the lock on the data folder proves that the last
        process of this name is gone.

        Returns:
            How many queue jobs will run again.
        """
        async with self._tools.database.transaction() as session:
            orphans = await queue_links.of_node(session, self._tools.node)
            successors = await _give_back(session, grace_s=1e9, known_orphans=orphans)
        await self.reunite()
        await self.sweep(older_than_s=0)
        return len(successors)

    async def watch(self) -> None:
        """Send heartbeats, rescue orphans and wake who waits for memory, until cancelled.

        On its own: a sweep of many files must not make the workers look dead.
        """
        every_s = min(_LONGEST_ROUND_S, self._rescue_after_s / _BEATS_PER_GRACE)
        async with asyncio.TaskGroup() as group:
            group.create_task(_forever(every_s, self.rescue))
            group.create_task(self._wake_for_memory(every_s))

    async def _wake_for_memory(self, every_s: float) -> None:
        """Look as soon as work of this process gives memory back, and often, for other programs."""

        async def look() -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._tools.admission.is_left.wait(), every_s)
            await preparing.wake(self._tools)

        await _forever(0, look)

    async def keep_tidy(self) -> None:
        """Look for stranded jobs once a minute and tidy once an hour, until cancelled."""
        tidied_at_s = time.monotonic()

        async def look() -> None:
            nonlocal tidied_at_s
            await self.reunite()
            if time.monotonic() - tidied_at_s >= _TIDY_EVERY_S:
                tidied_at_s = time.monotonic()
                await self.tidy()

        await _forever(_REUNITE_EVERY_S, look)

    async def tidy(self) -> None:
        """Prune the queue, empty the bin of old tracks, sweep files that no row knows."""
        async with self._tools.database.transaction() as session:
            await prune.prune(session, keep_days=self._keep_days)
            await tracks.purge(session, older_than_days=self._trash_days)
            await batches.forget_empty(session)
        await self.sweep(older_than_s=_SWEEP_OLDER_THAN_S)

    async def rescue(self) -> list[int]:
        """Send this process's heartbeats, then give dead workers' queue jobs back.

        Returns:
            The queue jobs that will run again, by their new ids.
        """
        mine = self._workers.worker_ids
        async with self._tools.database.transaction() as session:
            await rescue.beat(session, mine)
            claimed = await rescue.in_doing(session, mine)
            # Seen twice: a job that was only just fetched is not in `running` yet.
            suspects = claimed - self._tools.queue.running
            orphans = suspects & self._suspects
            self._suspects = suspects
            successors = await _give_back(
                session, grace_s=self._rescue_after_s, known_orphans=orphans
            )
        if successors:
            logger.warning("orphaned jobs rescued", extra={"queue_jobs": sorted(successors)})
        return list(successors.values())

    async def reunite(self) -> int:
        """Queue those unfinished jobs again whose queue job has ended without them.

        It should never happen; after twenty stops of the server in one job, it does.

        Returns:
            How many there were.
        """
        async with self._tools.database.transaction() as session:
            waiting = await queue_links.of_unfinished(session)
            gone = await rescue.ended(session, waiting)
            stranded = await queue_links.stranded(session, gone) if gone else ()
            await start.enqueue(session, self._tools.queue, stranded)
        if stranded:
            logger.warning("stranded jobs queued again", extra={"jobs": len(stranded)})
        return len(stranded)

    async def sweep(self, *, older_than_s: float) -> None:
        """Remove files that no row knows.

        The disk is read before the rows: whatever lies there by then has its row already, or
        is younger than ``older_than_s``.
        """
        storage = self._tools.storage
        found = await storage.entries(older_than_s=older_than_s)
        async with self._tools.database.transaction() as session:
            known = await files.known_folders(session)
        removed = [relative for relative in found if relative not in known]
        for relative in removed:
            await storage.remove(relative)
        if removed:
            logger.info("files without a row removed", extra={"folders": removed})


async def _give_back(
    session: Session, *, grace_s: float, known_orphans: Iterable[int]
) -> dict[int, int]:
    """Let orphaned queue jobs run again; one that is being cancelled waits for the next look."""
    orphaned = await rescue.orphans(session, grace_s=grace_s, known_orphans=known_orphans)
    if not orphaned:
        return {}
    successors = await rescue.rescue(session, await queue_links.hold(session, orphaned))
    await queue_links.follow(session, successors)
    return successors


async def _forever(every_s: float, work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except errors.Unavailable as error:
            logger.warning("upkeep postponed", extra={"code": error.code})
