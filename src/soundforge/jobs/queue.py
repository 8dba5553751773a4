"""The queue: tasks by name, and queue jobs inserted in the caller's transaction."""

from __future__ import annotations

import asyncio
import logging
import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason

from soundforge.jobs.outcome import Abort, Done, Failed, Handler, Retry, Run, Snooze

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from procrastinate.jobs import Job
    from procrastinate.types import TimeDeltaParams

    from soundforge.db.session import Session

# Ours decides how often (`Retry` or `Failed`); this only stops a loop in our own wrapper.
_LAST_RESORT_RUNS: Final = 20
# Between its attempts to connect the pool waits twice as long each time. Giving up early lets
# the next statement that wants a connection begin anew, so that an outage has no long tail.
_POOL: Final[dict[str, Any]] = {"min_size": 1, "max_size": 8, "reconnect_timeout": 2.0}
_POOL_TIMEOUT_S: Final = 10.0


class Queue:
    """procrastinate, behind our words.

    Args:
        url: The PostgreSQL server, ``postgresql://…``.
        pool_timeout_s: How long one statement waits for a connection. Short, so that a stop
            ends in time while the database is away; workers ask again by themselves.
    """

    def __init__(self, url: str, *, pool_timeout_s: float = _POOL_TIMEOUT_S) -> None:
        pool = {**_POOL, "timeout": pool_timeout_s}
        self.app = App(connector=PsycopgConnector(conninfo=url, **pool))
        self.running: set[int] = set()

    def register(self, name: str, *, queue: str, handler: Handler) -> None:
        """Let ``handler`` do the queue jobs called ``name``, on ``queue``."""

        async def run(context: JobContext, /, **args: Any) -> None:
            await self._run(name, handler, context, args)

        self.app.task(name=name, queue=queue, pass_context=True, retry=_Strategy())(run)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the queue's own connections while the block runs."""
        async with self.app.open_async():
            yield

    async def enqueue(
        self, session: Session, name: str, args: Sequence[dict[str, Any]], *, priority: int = 0
    ) -> list[int]:
        """Insert a queue job per item of ``args`` in ``session``'s transaction.

        Commit and they exist; roll back and they do not.

        Returns:
            The ids of the queue jobs, in the order of ``args``.
        """
        connection = await session.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        deferrer = self.app.tasks[name].configure(connection=raw, priority=priority)
        return await deferrer.batch_defer_async(*args)

    async def _run(
        self, name: str, handler: Handler, context: JobContext, args: dict[str, Any]
    ) -> None:
        queue_job_id = context.job.id
        assert queue_job_id is not None
        self.running.add(queue_job_id)
        try:
            outcome = await handler(Run(queue_job_id, name, args, lambda: _abort(context)))
        except asyncio.CancelledError:
            if _abort(context) is Abort.USER:
                # A bare CancelledError would ask for a retry and end the row as failed.
                raise JobAborted from None
            raise
        finally:
            self.running.discard(queue_job_id)
        match outcome:
            case Done():
                return
            case Retry(reason, after_s):
                raise _AgainError(reason, after_s)
            case Snooze(reason, after_s, lock):
                raise _SnoozeError(reason, after_s, lock)
            case Failed(reason):
                raise _FailedError(reason)


def _abort(context: JobContext) -> Abort | None:
    match context.abort_reason():
        case AbortReason.USER_REQUEST:
            return Abort.USER
        case AbortReason.SHUTDOWN:
            return Abort.SHUTDOWN
        case None:
            return None


class _FailedError(Exception):
    """How procrastinate is told that a run has failed for good."""


class _AgainError(Exception):
    """How procrastinate is told to run again."""

    def __init__(self, reason: str, after_s: float) -> None:
        super().__init__(reason)
        self.after_s = after_s


class _SnoozeError(_AgainError):
    """How procrastinate is told to let a queue job wait, however often it did before."""

    def __init__(self, reason: str, after_s: float, lock: str | None) -> None:
        super().__init__(reason, after_s)
        self.lock = lock


class _Strategy(BaseRetryStrategy):
    """Translate our outcomes; a shutdown puts the job back, and every task has this strategy."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, _SnoozeError):
            return RetryDecision(retry_in=_seconds(exception.after_s), lock=exception.lock)
        if isinstance(exception, _FailedError) or job.attempts + 1 >= _LAST_RESORT_RUNS:
            return None
        after_s = exception.after_s if isinstance(exception, _AgainError) else 0.0
        return RetryDecision(retry_in=_seconds(after_s))


def _seconds(after_s: float) -> TimeDeltaParams:
    """Return a time as the library wants it, rounded up: a retry is never before its time."""
    return {"seconds": math.ceil(after_s)}


class _ExpectedEnds(logging.Filter):
    """Drop the library's traceback for an end that we asked for and logged ourselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, _FailedError | _AgainError | JobAborted)


logging.getLogger("procrastinate.worker").addFilter(_ExpectedEnds())
