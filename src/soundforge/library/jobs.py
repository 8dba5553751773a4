"""Jobs: what the user sees of the work, and the only place that moves them.

Every move locks the job's row, asks the `lifecycle`, and announces itself at commit. A worker
names the attempt it works on: one that was given away meanwhile is refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from soundforge import errors
from soundforge.db.base import utc_now
from soundforge.library import announce, lifecycle, moves, tracks
from soundforge.library.lifecycle import UNFINISHED, Status
from soundforge.library.models import KINDS, Job, Track

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Mapping, Sequence

    from soundforge.db.session import Session


class StaleAttemptError(Exception):
    """The attempt is no longer the current one: cancelled, or given to another worker."""


async def add_many(session: Session, each: Iterable[Mapping[str, Any]]) -> list[Job]:
    """Add jobs in `queued`; the caller puts them in the queue in the same transaction.

    Args:
        session: The transaction to do it in.
        each: ``stage``, ``track_id`` and other columns of each job.
    """
    added = [KINDS[fields["stage"]](**fields) for fields in each]
    session.add_all(added)
    await session.flush()
    await announce.jobs_changed(session, added)
    return added


async def get(session: Session, owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Return the owner's job with its track.

    Raises:
        errors.NotFound: There is no such job, or it is somebody else's (``job_not_found``).
    """
    job = await find(session, job_id)
    if job is None or job.track.owner_id != owner_id or job.track.deleted_at is not None:
        raise errors.NotFound("job_not_found", "There is no such job.")
    return job


async def find(session: Session, job_id: uuid.UUID) -> Job | None:
    """Return the job with its track, whoever's it is; None if there is none."""
    statement = select(Job).where(Job.id == job_id).options(joinedload(Job.track))
    return await session.scalar(statement)


async def unfinished(session: Session, track_id: uuid.UUID) -> Sequence[Job]:
    """Return the track's jobs that wait or run, locked until the transaction ends."""
    statement = (
        select(Job)
        .where(Job.track_id == track_id, Job.status.in_(UNFINISHED))
        .order_by(Job.inserted_at)
        .with_for_update()
    )
    return (await session.scalars(statement)).all()


async def check_stage_is_free(
    session: Session, track_id: uuid.UUID, stage: str, *, but: uuid.UUID | None = None
) -> None:
    """Check, with the track locked, that nothing, ``but`` this job, is in the stage's way.

    Raises:
        errors.Conflict: A job of the stage waits or runs (``stage_running``), or one that reads
            the recording that the other would replace (``recording_busy``).
    """
    at_work = {job.stage for job in await unfinished(session, track_id) if job.id != but}
    if stage in at_work:
        raise errors.Conflict(
            "stage_running", "This is being done already.", "Wait for it, or cancel it first."
        )
    if any(lifecycle.excludes(stage, other) for other in at_work):
        raise errors.Conflict(
            "recording_busy",
            "The recording is being fetched or worked on.",
            "Wait for that, or cancel it first.",
        )


async def begin(
    session: Session, job_id: uuid.UUID, *, queue_job_id: int, node: str, max_runs: int
) -> tuple[Job, Track] | None:
    """Start a run: count it, and take the attempt.

    A job found running was orphaned by a crash: it begins a new attempt. One that has been
    started ``max_runs`` times already ends as failed, so that no job can kill workers for ever.

    Args:
        session: The transaction to do it in.
        job_id: Which job.
        queue_job_id: The queue job that is running; refused if another one does this job now.
        node: Name of this process.
        max_runs: Most runs of an unattended job.

    Returns:
        The job and its track, or None if there is nothing to do.
    """
    job = await _locked(session, job_id)
    if job is None or Status(job.status).is_final or job.queue_job_id != queue_job_id:
        return None
    if Status(job.status).is_running:
        moves.begin_attempt(job)
    if job.runs >= max_runs:
        await _end(session, job, Status.FAILED, lifecycle.worker_died(max_runs))
        return None
    track = await session.get(Track, job.track_id)
    assert track is not None
    job.runs += 1
    job.node = node
    job.status = lifecycle.advance(
        Status(job.status), Status.DOWNLOADING if job.stage == "download" else Status.PROCESSING
    )
    job.started_at = utc_now()
    job.message = ""
    job.not_before = None
    await session.flush()
    await announce.jobs_changed(session, [job])
    return job, track


async def report(
    session: Session,
    job_id: uuid.UUID,
    attempt: int,
    *,
    progress: int,
    message: str,
    ready_s: float = 0.0,
    is_at_work: bool = True,
) -> bool:
    """Note how far the attempt is; False if it is no longer the current one.

    Progress, and what can be played, only grow within an attempt. The first report with
    ``is_at_work`` is where the work began: what came before it (a fetch, a wait, what an earlier
    attempt had finished) tells nothing of how fast it goes.
    """
    job = await _locked(session, job_id)
    if job is None or job.attempt != attempt or not Status(job.status).is_running:
        return False
    job.progress = max(job.progress, min(99, progress))
    if is_at_work and job.work_began_at is None:
        job.work_began_at, job.work_began_progress = utc_now(), job.progress
    job.message = message
    job.ready_s = max(job.ready_s, ready_s)
    await session.flush()
    await announce.jobs_changed(session, [job], is_progress=True)
    return True


async def is_current(session: Session, job_id: uuid.UUID, attempt: int) -> bool:
    """Return whether a run of ``attempt`` is what the job is doing now."""
    statement = select(Job.status).where(Job.id == job_id, Job.attempt == attempt)
    status = await session.scalar(statement)
    return status is not None and Status(status).is_running


async def take_to_complete(session: Session, job_id: uuid.UUID, attempt: int) -> Job:
    """Lock the track and the job of a run that is about to save what it made.

    Raises:
        StaleAttemptError: The attempt was cancelled, or given to another worker.
    """
    found = await session.scalar(select(Job.track_id).where(Job.id == job_id))
    if found is None:
        raise StaleAttemptError
    await tracks.lock(session, found)
    job = await _locked(session, job_id)
    if job is None or job.attempt != attempt or not Status(job.status).is_running:
        raise StaleAttemptError
    return job


async def complete(session: Session, job: Job) -> None:
    """End a job taken with `take_to_complete`; announce the pipeline's end if it was the last."""
    job.progress = 100
    await _end(session, job, Status.COMPLETED, None)
    await session.flush()
    await announce.tracks_changed(session, [job.track_id])
    await announce.pipeline_if_completed(session, job)


async def retry_later(
    session: Session,
    job_id: uuid.UUID,
    attempt: int,
    *,
    error: errors.SoundForgeError | None,
    after_s: float,
    is_counted: bool,
) -> bool:
    """Let a new attempt wait in `queued`; False if ``attempt`` is no longer the current one.

    Args:
        session: The transaction to do it in.
        job_id: Which job.
        attempt: The attempt that ends.
        error: Why it ended, shown while the job waits; None for a stop of the server.
        after_s: Not before this many seconds from now.
        is_counted: False gives the run back, as after a stop of the server.
    """
    job = await _locked(session, job_id)
    if job is None or job.attempt != attempt or not Status(job.status).is_running:
        return False
    moves.begin_attempt(job)
    if not is_counted:
        job.runs = max(0, job.runs - 1)
    moves.note(job, error)
    job.not_before = utc_now() + timedelta(seconds=after_s) if after_s else None
    await session.flush()
    await announce.jobs_changed(session, [job])
    return True


async def wait(session: Session, job_id: uuid.UUID, attempt: int, *, reason: str) -> bool:
    """Let a run that cannot go on now wait in line; False if it is no longer the current one.

    It is no failure: neither a run nor an attempt is counted. ``reason`` is shown while it waits.
    """
    job = await _locked(session, job_id)
    if job is None or job.attempt != attempt or not Status(job.status).is_running:
        return False
    moves.wait(job, reason)
    await session.flush()
    await announce.jobs_changed(session, [job])
    return True


async def fail(
    session: Session, job_id: uuid.UUID, attempt: int, error: errors.SoundForgeError
) -> bool:
    """End the attempt as failed; False if it is no longer the current one."""
    job = await _locked(session, job_id)
    if job is None or job.attempt != attempt or Status(job.status).is_final:
        return False
    await _end(session, job, Status.FAILED, error)
    return True


async def cancel(session: Session, job: Job) -> None:
    """End a waiting or running job at the user's wish.

    Raises:
        errors.Conflict: It has ended already (``job_state``).
    """
    locked = await _locked(session, job.id)
    assert locked is not None
    await _end(session, locked, Status.CANCELLED, None)


async def retry(session: Session, job: Job) -> Job:
    """Begin a new attempt of a failed or cancelled job, with a fresh count of runs.

    Raises:
        errors.Conflict: It is not failed or cancelled (``job_state``, ``job_completed``), or
            another job is in its way (``stage_running``, ``recording_busy``).
    """
    await tracks.lock(session, job.track_id)
    await check_stage_is_free(session, job.track_id, job.stage, but=job.id)
    locked = await _locked(session, job.id)
    assert locked is not None
    if not Status(locked.status).is_final:
        raise errors.Conflict(
            "job_state", "This job is still waiting or running.", "Cancel it first."
        )
    moves.begin_again(locked)
    await session.flush()
    await announce.jobs_changed(session, [locked])
    return locked


async def _end(
    session: Session, job: Job, status: Status, error: errors.SoundForgeError | None
) -> None:
    moves.end(job, status, error)
    await session.flush()
    await announce.jobs_changed(session, [job])


async def _locked(session: Session, job_id: uuid.UUID) -> Job | None:
    return await session.get(Job, job_id, with_for_update=True, populate_existing=True)
