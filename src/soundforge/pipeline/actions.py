"""What a user can do with a track and its jobs: cancel, retry, run a stage anew, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.jobs import cancel as queue_cancel
from soundforge.library import Job, Track, jobs, tracks
from soundforge.pipeline import recordings, start, transcribe, warp
from soundforge.pipeline.also import nothing_else

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping

    from soundforge.pipeline.also import Also
    from soundforge.pipeline.start import Plan
    from soundforge.pipeline.tools import Tools

#: What is done by request looks at what it will need of the track first.
_PREPARE: Final[Mapping[str, Callable[[Track, Mapping[str, Any]], dict[str, Any]]]] = {
    "transcribe": transcribe.prepare,
    "warp": warp.prepare,
}


async def cancel(tools: Tools, owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """End a waiting or running job; a running engine is gone within a second.

    Raises:
        errors.NotFound: There is no such job of this owner.
        errors.Conflict: It has ended already.
    """
    async with tools.database.transaction() as session:
        job = await jobs.get(session, owner_id, job_id)
        await jobs.cancel(session, job)
        if job.queue_job_id is not None:
            await queue_cancel.cancel(session, job.queue_job_id)
        return job


async def retry(tools: Tools, owner_id: uuid.UUID, job_id: uuid.UUID) -> Job:
    """Let a failed or cancelled job run again.

    Raises:
        errors.NotFound: There is no such job of this owner.
        errors.Conflict: It is waiting, running or completed, or another job is in its way.
    """
    async with tools.database.transaction() as session:
        job = await jobs.get(session, owner_id, job_id)
        again = await jobs.retry(session, job)
        await start.enqueue(session, tools.queue, [again])
        return again


async def run_stage(
    tools: Tools,
    owner_id: uuid.UUID,
    track_id: uuid.UUID,
    plan: Plan,
    *,
    also: Also[Job] = nothing_else,
) -> Job:
    """Run one stage anew; what older runs made stays until the new run has completed.

    Args:
        tools: The doors.
        owner_id: Whose track.
        track_id: Which.
        plan: What to do.
        also: Called with the job, in the transaction that adds it.

    Raises:
        errors.NotFound: There is no such track of this owner.
        errors.Conflict: The stage is waiting or running already (``stage_running``), its
            recording is being fetched or worked on (``recording_busy``), or the track has nothing
            to work on (``no_recording``, ``no_link``, ``no_stems``).
        errors.Invalid: What is asked for cannot be done with this track, see ``prepare`` of
            `transcribe` and `warp`.
    """
    async with tools.database.transaction() as session:
        await tracks.lock(session, track_id)
        track = await tracks.get(session, owner_id, track_id)
        plan = _prepared(track, plan)
        await jobs.check_stage_is_free(session, track_id, plan.stage)
        (job,) = await start.begin(session, tools.queue, [(track_id, plan)])
        await also(session, job)
        return job


async def delete(tools: Tools, owner_id: uuid.UUID, track_id: uuid.UUID) -> None:
    """Move a track to the bin and end its work; `restore` brings it back.

    Raises:
        errors.NotFound: There is no such track of this owner.
    """
    async with tools.database.transaction() as session:
        # The track before its jobs, as every save does: the other way round is a deadlock.
        await tracks.lock(session, track_id)
        track = await tracks.get(session, owner_id, track_id)
        for job in await jobs.unfinished(session, track_id):
            await jobs.cancel(session, job)
            if job.queue_job_id is not None:
                await queue_cancel.cancel(session, job.queue_job_id)
        await tracks.delete_softly(session, track)


async def restore(tools: Tools, owner_id: uuid.UUID, track_id: uuid.UUID) -> Track:
    """Bring a deleted track back.

    Raises:
        errors.NotFound: It is not in the bin.
        errors.Conflict: The same song was imported again meanwhile.
    """
    async with tools.database.transaction() as session:
        return await tracks.restore(session, owner_id, track_id)


def _prepared(track: Track, plan: Plan) -> Plan:
    """Return the plan with what its options come to for this track, if it can be done."""
    if plan.stage in _PREPARE:
        return replace(plan, options=_PREPARE[plan.stage](track, plan.options))
    _check_can_run(track, plan.stage)
    return plan


def _check_can_run(track: Track, stage: str) -> None:
    if stage == "download" and track.spotify_url is None:
        raise errors.Conflict(
            "no_link", "This track was uploaded; there is no link to fetch.", "Upload it again."
        )
    if stage != "download" and track.recording_path is None:
        raise recordings.no_recording()
