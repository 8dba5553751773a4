"""What runs by itself: rescue of orphaned jobs, the bin, the pruner, the sweep of files."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.jobs import prune, rescue
from soundforge.library import files, jobs, tracks

if TYPE_CHECKING:
    from soundforge.jobs.workers import Workers
    from soundforge.pipeline.tools import Tools

logger = logging.getLogger(__name__)

_RESCUE_EVERY_S: Final = 3.0
_TIDY_EVERY_S: Final = 3600.0
_SWEEP_OLDER_THAN_S: Final = 3600.0


class Upkeep:
    """The periodic work of one process.

    Args:
        tools: The doors.
        workers: This process's workers, whose heartbeats it also sends.
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
            orphans = await jobs.queue_jobs_of_node(session, self._tools.node)
            rescued = await rescue.rescue(session, grace_s=1e9, known_orphans=orphans)
        await self._sweep(older_than_s=0)
        return len(rescued)

    async def run(self) -> None:
        """Keep house until cancelled."""
        tidy_at_s = time.monotonic() + _TIDY_EVERY_S
        while True:
            await asyncio.sleep(_RESCUE_EVERY_S)
            try:
                await self._rescue()
                if time.monotonic() >= tidy_at_s:
                    tidy_at_s = time.monotonic() + _TIDY_EVERY_S
                    await self.tidy()
            except errors.Unavailable as error:
                logger.warning("upkeep postponed", extra={"code": error.code})

    async def tidy(self) -> None:
        """Prune the queue, empty the bin of old tracks, sweep files that no row knows."""
        async with self._tools.database.transaction() as session:
            await prune.prune(session, keep_days=self._keep_days)
            await tracks.purge(session, older_than_days=self._trash_days)
        await self._sweep(older_than_s=_SWEEP_OLDER_THAN_S)

    async def _rescue(self) -> None:
        mine = self._workers.worker_ids
        async with self._tools.database.transaction() as session:
            await rescue.beat(session, mine)
            claimed = await rescue.in_doing(session, mine)
            # Seen twice: a job that was only just fetched is not in `running` yet.
            suspects = claimed - self._tools.queue.running
            orphans = suspects & self._suspects
            self._suspects = suspects
            rescued = await rescue.rescue(
                session, grace_s=self._rescue_after_s, known_orphans=orphans
            )
        if rescued:
            logger.warning("orphaned jobs rescued", extra={"queue_jobs": rescued})

    async def _sweep(self, *, older_than_s: float) -> None:
        async with self._tools.database.transaction() as session:
            known = await files.known_folders(session)
        removed = await self._tools.storage.sweep(known, older_than_s=older_than_s)
        if removed:
            logger.info("files without a row removed", extra={"folders": removed})
