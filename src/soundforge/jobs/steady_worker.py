"""A procrastinate worker that outlives an outage of the database.

The library's worker stops when its listener, its heartbeat or one fetch fails; until its
running queue jobs have ended, minutes later, nothing new starts on its queue. This one goes on
trying. The overridden methods are private ones: the library's version is pinned, and
``tests/faults`` hold it to what is promised here.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

logger = logging.getLogger(__name__)

_POLL_S: Final = 1.0  # a lost LISTEN costs at most this
_PAUSE_S: Final = 1.0
_NEVER_S: Final = 10 * 365 * 86_400.0


class SteadyWorker(Worker):
    """A worker of one queue. Somebody else sends its heartbeat: `rescue.beat`.

    Args:
        app: procrastinate's.
        queue: The queue's name.
        concurrency: Queue jobs at once.
    """

    def __init__(self, app: Any, *, queue: str, concurrency: int) -> None:
        super().__init__(
            app,
            queues=[queue],
            name=queue,
            concurrency=concurrency,
            fetch_job_polling_interval=_POLL_S,
            abort_job_polling_interval=_POLL_S,
            # Others would be forgotten after an outage, before they could send a heartbeat.
            stalled_worker_timeout=_NEVER_S,
            # A worker that ends all the same lets its runs end in peace; `Workers.run` sets
            # the grace when the process itself stops.
            shutdown_graceful_timeout=None,
            install_signal_handlers=False,
        )

    async def _fetch_and_process_jobs(self) -> None:
        fetching = asyncio.create_task(super()._fetch_and_process_jobs())  # type: ignore[no-untyped-call]
        stopping = asyncio.create_task(self._stop_event.wait())
        try:
            await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
            # Not at once: a queue job that has just been fetched should also be run.
            await asyncio.wait({fetching}, timeout=_PAUSE_S)
            if fetching.done():
                await fetching
        except ConnectorException as error:
            logger.warning("fetch failed", extra={"queue": self.worker_name, "reason": str(error)})
            await asyncio.wait({stopping}, timeout=_PAUSE_S)
        finally:
            for task in (fetching, stopping):
                task.cancel()

    async def _persist_job_status(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super()._persist_job_status(*args, **kwargs)
        except ConnectorException as error:
            # The database is away, or the queue job was given to another worker. In the first
            # case the upkeep finds it in `doing`, run by nobody.
            logger.warning(
                "end not told to the queue",
                extra={"queue": self.worker_name, "reason": str(error)},
            )
        # What waited for this one's lock may run now.
        self._new_job_event.set()

    def _start_side_tasks(self) -> list[asyncio.Task[Any]]:
        return [
            asyncio.create_task(self._poll_jobs_to_abort(), name="abort"),  # type: ignore[no-untyped-call]
            asyncio.create_task(self._listen(), name="listen"),
        ]

    async def _listen(self) -> None:
        while True:
            try:
                await self.app.job_manager.listen_for_jobs(
                    on_notification=self._handle_notification, queues=self.queues
                )
            except ConnectorException as error:
                logger.warning(
                    "listener lost", extra={"queue": self.worker_name, "reason": str(error)}
                )
            await asyncio.sleep(_PAUSE_S)
