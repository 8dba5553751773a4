"""What every stage of the pipeline shares.

A stage is two functions. `work` is slow and holds no transaction: what it must know or say takes a
moment each, with `patience`. `save` is quick and runs in one transaction, together with the end of
the job and the start of the next. So a stage that dies half way leaves nothing behind, and can
simply run again.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from soundforge import errors
from soundforge.jobs import Abort, Done, Failed, Outcome, Retry, Run, Snooze, locks, snooze
from soundforge.library import Job, Track, jobs, tracks
from soundforge.library.lifecycle import READS_RECORDING
from soundforge.pipeline import patience, start
from soundforge.pipeline.reporter import Reporter
from soundforge.pipeline.waiting import MustWaitError
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from soundforge.db.session import Session
    from soundforge.pipeline.tools import Tools

logger = logging.getLogger(__name__)

_BACKOFF_S: Final = 5.0
_LONGEST_WAIT_S: Final = 900.0
_BUG_CODE: Final = "internal_error"

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Stage(Generic[Made]):
    """One step from a link to an analysed track.

    Args:
        name: The verb; also the name of the queue's task.
        queue: Which queue it waits in.
        work: Do it, in no transaction, in the attempt's `folder_of`; files are in place when
            it returns.
        save: Record what was made, in the transaction that ends the job.
        goes_on: Whether `work` can go on from what earlier attempts left; then it stays on disk
            until the job has ended.
    """

    name: str
    queue: str
    work: Callable[[Tools, Job, Track, Reporter], Awaitable[Made]]
    save: Callable[[Session, Job, Made], Awaitable[None]]
    goes_on: bool = False


def folder_of(tools: Tools, job: Job, attempt: int | None = None) -> Path:
    """Return the folder of an attempt, by default the job's own: there and empty as work begins."""
    return tools.storage.path(layout.attempt_dir(job.stage, job.id, attempt or job.attempt))


async def run(stage: Stage[Any], queue_run: Run, tools: Tools) -> Outcome:
    """Take one job through ``stage``; say what the queue should do next."""
    begun = await _begin(queue_run, tools)
    if begun is None:
        return Done()
    job, track = begun
    began_s = time.monotonic()
    await _clean_before(stage, tools, job)
    try:
        await tools.storage.empty_dir(layout.attempt_dir(job.stage, job.id, job.attempt))
        made = await _work(stage, tools, job, track)
        await _save(stage, tools, job, track, made)
    except jobs.StaleAttemptError:
        logger.info("stage given up", extra=_about(job))
        await _clean(tools, job, job.attempt)
        return Done()
    except MustWaitError as wait:
        return await _wait(tools, job, wait)
    except asyncio.CancelledError:
        await _stop(stage, tools, job, is_for_good=queue_run.abort() is Abort.USER)
        raise
    except errors.SoundForgeError as error:
        return await _settle(stage, tools, job, error)
    except Exception as error:  # noqa: BLE001 -- a bug: `_settle` logs it with its traceback
        await _clean_all(tools, job)  # what it left may be why
        return await _settle(stage, tools, job, _bug(error))
    await _clean_all(tools, job)
    logger.info("stage finished", extra={**_about(job), "took_s": time.monotonic() - began_s})
    return Done()


async def _clean_before(stage: Stage[Any], tools: Tools, job: Job) -> None:
    """Remove what workers that were killed have left, unless the work goes on from there."""
    if not stage.goes_on:
        await _clean_earlier(tools, job)


async def _clean_earlier(tools: Tools, job: Job) -> None:
    for earlier in range(1, job.attempt):
        await _clean(tools, job, earlier)


async def _clean_all(tools: Tools, job: Job) -> None:
    await _clean_earlier(tools, job)
    await _clean(tools, job, job.attempt)


async def _clean(tools: Tools, job: Job, attempt: int) -> None:
    folder = folder_of(tools, job, attempt)
    await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))


async def _begin(queue_run: Run, tools: Tools) -> tuple[Job, Track] | None:
    job_id = uuid.UUID(queue_run.args["job_id"])
    async with tools.database.transaction() as session:
        return await jobs.begin(
            session,
            job_id,
            queue_job_id=queue_run.queue_job_id,
            node=tools.node,
            max_runs=tools.max_runs,
        )


async def _work(stage: Stage[Made], tools: Tools, job: Job, track: Track) -> Made:
    """Do the work while its progress is written down; stop when the attempt was given away."""
    reporter = Reporter(tools.database, job.id, job.attempt)
    work = asyncio.ensure_future(stage.work(tools, job, track, reporter))
    reporting = asyncio.create_task(reporter.run())
    try:
        await asyncio.wait((work, reporting), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await reporting  # raises StaleAttemptError
        return await work
    finally:
        for task in (work, reporting):
            task.cancel()
        await asyncio.gather(work, reporting, return_exceptions=True)


async def _save(stage: Stage[Made], tools: Tools, job: Job, track: Track, made: Made) -> None:
    async def transact(session: Session) -> None:
        current = await jobs.take_to_complete(session, job.id, job.attempt)
        if stage.name in READS_RECORDING:
            await tracks.check_recording(session, track)
        await stage.save(session, current, made)
        await start.following(session, tools.queue, current)
        await jobs.complete(session, current)

    await patience.transact(tools.database, transact)


async def _wait(tools: Tools, job: Job, wait: MustWaitError) -> Outcome:
    """Let the job wait in line, as if it had not begun: who waits holds no place at work."""

    async def transact(session: Session) -> bool:
        if not await jobs.wait(session, job.id, job.attempt, reason=wait.reason):
            return False
        assert job.queue_job_id is not None
        await snooze.uncount(session, job.queue_job_id)
        return True

    is_waiting = await patience.transact(tools.database, transact)
    await _clean(tools, job, job.attempt)
    if not is_waiting:
        return Done()
    logger.info("stage waits", extra={**_about(job), "reason": wait.reason})
    return Snooze(wait.reason, wait.after_s, wait.lock)


async def _settle(
    stage: Stage[Any], tools: Tools, job: Job, error: errors.SoundForgeError
) -> Outcome:
    """Write down how a failed run goes on, and return the same for the queue."""
    after_s = max(_BACKOFF_S * 4 ** (job.runs - 1), error.retry_after_s or 0.0)
    is_again = error.is_retryable and job.runs < tools.max_runs and after_s <= _LONGEST_WAIT_S

    async def transact(session: Session) -> bool:
        if is_again:
            assert job.queue_job_id is not None
            is_mine = await jobs.retry_later(
                session, job.id, job.attempt, error=error, after_s=after_s, is_counted=True
            )
            if is_mine:
                await locks.release(session, job.queue_job_id)  # nobody waits for a later attempt
            return is_mine
        return await jobs.fail(session, job.id, job.attempt, error)

    if not await patience.transact(tools.database, transact):
        # What went wrong is no wonder: whoever does the job now removes our files.
        logger.info("stage given up", extra=_about(job))
        return Done()
    about = {**_about(job), "code": error.code, "again": is_again}
    bug = error.__cause__ if error.code == _BUG_CODE else None
    logger.log(logging.ERROR if bug else logging.WARNING, "stage failed", extra=about, exc_info=bug)
    if not (is_again and stage.goes_on):
        await _clean_all(tools, job)
    return Retry(error.code, after_s) if is_again else Failed(error.code)


async def _stop(stage: Stage[Any], tools: Tools, job: Job, *, is_for_good: bool) -> None:
    if is_for_good or not stage.goes_on:
        await _clean_all(tools, job)
    if not is_for_good:
        await asyncio.shield(_put_back(tools, job))


async def _put_back(tools: Tools, job: Job) -> None:
    """Let the job wait again after a stop of the server, without counting the run."""
    try:
        async with asyncio.timeout(5), tools.database.transaction() as session:
            await jobs.retry_later(
                session, job.id, job.attempt, error=None, after_s=0, is_counted=False
            )
    except (errors.SoundForgeError, TimeoutError):
        # The database is gone as well: the next start finds the orphan.
        logger.warning("job not put back", extra={"job_id": str(job.id)})


def _about(job: Job) -> dict[str, Any]:
    return {"track_id": str(job.track_id), "attempt": job.attempt}


def _bug(cause: Exception) -> errors.SoundForgeError:
    error = errors.Unavailable(
        _BUG_CODE,
        "Something went wrong that we did not foresee.",
        "Retry; if it fails again, report it with the server's log.",
    )
    error.__cause__ = cause
    return error
