"""One worker per queue, kept running for as long as the process lives.

procrastinate's limit is per worker, so a queue's width is its worker's concurrency.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from soundforge.jobs.steady_worker import SteadyWorker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.jobs.queue import Queue

logger = logging.getLogger(__name__)

_PAUSE_S: Final = 1.0
_GOODBYE_S: Final = 8.0  # to end engines, and to tell the database what became of each run


class Workers:
    """The workers of this process. Send their heartbeats (`rescue.beat`), or they are dead.

    Args:
        queue: Where the queue jobs are.
        widths: Queue jobs at once, by the queue's name; a queue of width 0 has no worker.
        stop_grace_s: Time running queue jobs get to end when the process stops.
    """

    def __init__(self, queue: Queue, *, widths: Mapping[str, int], stop_grace_s: float) -> None:
        self._queue = queue
        self._widths = {name: width for name, width in widths.items() if width > 0}
        self._stop_grace_s = stop_grace_s
        self._live: dict[str, SteadyWorker] = {}

    @property
    def worker_ids(self) -> set[int]:
        """Procrastinate's ids of the workers that are running now."""
        return {worker.worker_id for worker in self._live.values() if worker.worker_id}

    async def run(self) -> None:
        """Work until cancelled; then stop fetching and give running queue jobs their grace."""
        tasks = [asyncio.create_task(self._keep(name)) for name in self._widths]
        if not tasks:
            await asyncio.Event().wait()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for worker in self._live.values():
                worker.shutdown_graceful_timeout = self._stop_grace_s
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=self._stop_grace_s + _GOODBYE_S)
            for task in tasks:  # the database is away: nobody to say goodbye to
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str) -> None:
        while True:
            worker = SteadyWorker(self._queue.app, queue=name, concurrency=self._widths[name])
            self._live[name] = worker
            try:
                await worker.run()  # type: ignore[no-untyped-call]
                logger.warning("worker ended", extra={"queue": name})
            except Exception:
                logger.exception("worker failed", extra={"queue": name})
            await asyncio.sleep(_PAUSE_S)
