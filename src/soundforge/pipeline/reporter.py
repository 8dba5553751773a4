"""Write a run's progress down, often enough to watch and seldom enough not to matter."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.library import jobs
from soundforge.pipeline import patience

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Database, Session

logger = logging.getLogger(__name__)

_EVERY_S: Final = 0.25  # NOTIFYing commits are serialised by the database: at most 4/s per job


class Reporter:
    """Take progress at any rate; write the newest a few times a second.

    Args:
        database: Where the job's row is.
        job_id: Whose progress.
        attempt: The attempt that is running.
    """

    def __init__(self, database: Database, job_id: uuid.UUID, attempt: int) -> None:
        self._database = database
        self._job_id = job_id
        self._attempt = attempt
        self._newest: tuple[int, str, float, bool] | None = None
        self._ready_s = 0.0
        self._changed = asyncio.Event()

    def __call__(self, fraction: float, message: str, detail: dict[str, Any] | None = None) -> None:
        """Note that ``fraction`` (0..1) of the work is done and ``message`` comes now.

        What is reported at 0 is preparation, such as a fetch or a wait; the clock of the work
        starts with the first report above. Of ``detail``, ``ready_s`` is kept: how many seconds
        of every stem can be played.
        """
        self._ready_s = float((detail or {}).get("ready_s", self._ready_s))
        newest = (int(fraction * 100), message, self._ready_s, fraction > 0)
        if newest != self._newest:
            self._newest = newest
            self._changed.set()

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            jobs.StaleAttemptError: The attempt was cancelled, or given to another worker.
        """
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._write()
            await asyncio.sleep(_EVERY_S)

    async def confirm(self) -> None:
        """Check that the attempt is still the current one, before files take their place.

        A worker that was frozen while its job was given away stops here.

        Raises:
            jobs.StaleAttemptError: It is not.
        """

        async def is_current(session: Session) -> bool:
            return await jobs.is_current(session, self._job_id, self._attempt)

        if not await patience.transact(self._database, is_current):
            raise jobs.StaleAttemptError

    async def _write(self) -> None:
        assert self._newest is not None
        progress, message, ready_s, is_at_work = self._newest
        try:
            async with self._database.transaction() as session:
                is_current = await jobs.report(
                    session,
                    self._job_id,
                    self._attempt,
                    progress=progress,
                    message=message,
                    ready_s=ready_s,
                    is_at_work=is_at_work,
                )
        except errors.Unavailable:
            logger.warning("progress not written", extra={"job_id": str(self._job_id)})
            return
        if not is_current:
            raise jobs.StaleAttemptError
