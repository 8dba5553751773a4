"""Work on several tracks in one go: begin it, follow it, end it, repeat what failed of it.

One track that cannot be worked on stops no other: it is left out, and the batch says why. A batch
waits behind whatever a person waits for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.jobs import cancel as queue_cancel
from soundforge.library import Batch, Status, Track, batches, throughput
from soundforge.pipeline import batch_standing, plans, recordings, start
from soundforge.pipeline.also import nothing_else
from soundforge.pipeline.batch_standing import Piece, Standing
from soundforge.pipeline.plans import AS_USUAL
from soundforge.pipeline.start import Plan

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.db.session import Session
    from soundforge.library.batches import JobProgress
    from soundforge.pipeline.also import Also
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.tools import Tools

MOST_TRACKS: Final = 1000


@dataclass(frozen=True, slots=True)
class BatchNow:
    """A batch, and how far it is."""

    batch: Batch
    standing: Standing


async def begin(
    tools: Tools,
    owner_id: uuid.UUID,
    track_ids: Sequence[uuid.UUID],
    *,
    stages: Sequence[str] = ("separate",),
    separation: Separation = AS_USUAL,
    title: str = "",
    also: Also[Batch] = nothing_else,
) -> Batch:
    """Run stages on tracks, fetching recordings that are not there yet.

    Args:
        tools: The doors.
        owner_id: Whose tracks.
        track_ids: Which; the first one is worked on first.
        stages: ``separate``, ``analyze`` or both.
        separation: How they are separated.
        title: What it is called; empty names it after its tracks.
        also: Called with the batch, in the transaction that begins it.

    Raises:
        errors.NotFound: None of them is a track of this owner (``track_not_found``).
        errors.Conflict: None of them can be worked on now (``batch_empty``), or the model cannot
            run here (``model_not_installed``).
        errors.Invalid: There is no such model (``model_unknown``), or it makes no such stem
            (``stem_unknown``).
    """
    following = plans.after_recording(tools.models, stages, separation)
    wanted = list(dict.fromkeys(track_ids))
    async with tools.database.transaction() as session:
        found = await batches.lock_tracks(session, owner_id, wanted)
        if not found:
            raise errors.NotFound("track_not_found", "There are no such tracks.")
        busy = await batches.stages_at_work(session, list(found))
        planned: list[tuple[uuid.UUID, Plan]] = []
        skipped: list[dict[str, str]] = []
        for track_id in wanted:
            try:
                each = _plans(found.get(track_id), busy.get(track_id, set()), following)
            except errors.SoundForgeError as error:
                skipped.append(_skipped(track_id, error))
            else:
                planned += [(track_id, plan) for plan in each]
        if not planned:
            raise errors.Conflict(
                "batch_empty",
                f"Nothing can be started: {skipped[0]['message']}",
                skipped[0]["next_step"],
            )
        batch = await batches.add(
            session,
            owner_id,
            title=title or _title([track for track in map(found.get, wanted) if track]),
            kind="selection",
            model=next((plan.model for plan in following if plan.model), None),
            skipped=skipped,
        )
        await start.begin(session, tools.queue, planned, priority=start.BATCH, batch_id=batch.id)
        await also(session, batch)
        return batch


async def track_ids_of(tools: Tools, owner_id: uuid.UUID, batch_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the tracks of a batch, to do something with all of them again.

    Raises:
        errors.NotFound: There is no such batch of this owner.
    """
    async with tools.database.transaction() as session:
        await batches.get(session, owner_id, batch_id)
        return list(await batches.track_ids_of(session, batch_id))


async def now(session: Session, found: Sequence[Batch]) -> list[BatchNow]:
    """Return how far batches are."""
    each = await batches.progress_of(session, [batch.id for batch in found])
    pieces = {batch_id: list(map(_piece, of_batch)) for batch_id, of_batch in each.items()}
    wanted = set().union(*map(batch_standing.kinds, pieces.values()))
    rates = {kind: await throughput.recent_rates(session, kind) for kind in wanted}
    return [BatchNow(batch, batch_standing.of(pieces[batch.id], rates)) for batch in found]


async def cancel(tools: Tools, owner_id: uuid.UUID, batch_id: uuid.UUID) -> None:
    """End all of a batch that waits or runs; what is done stays.

    Raises:
        errors.NotFound: There is no such batch of this owner.
    """
    async with tools.database.transaction() as session:
        await batches.get(session, owner_id, batch_id)
        await _lock(session, owner_id, batch_id)
        await queue_cancel.cancel_all(session, await batches.cancel(session, batch_id))


async def retry(tools: Tools, owner_id: uuid.UUID, batch_id: uuid.UUID) -> None:
    """Let what failed of a batch run again.

    Raises:
        errors.NotFound: There is no such batch of this owner.
    """
    async with tools.database.transaction() as session:
        batch = await batches.get(session, owner_id, batch_id)
        await _lock(session, owner_id, batch_id)
        again = await batches.retry(session, batch_id)
        await start.enqueue(session, tools.queue, again)
        if again:
            await batches.reopen(session, batch)


async def _lock(session: Session, owner_id: uuid.UUID, batch_id: uuid.UUID) -> None:
    await batches.lock_tracks(session, owner_id, await batches.track_ids_of(session, batch_id))


def _plans(track: Track | None, busy: set[str], following: Sequence[Plan]) -> Sequence[Plan]:
    if track is None:
        raise errors.NotFound("track_not_found", "There is no such track.")
    wanted = {plan.stage for plan in following}
    if busy & {"download", *wanted}:
        raise errors.Conflict(
            "stage_running", "This is being done already.", "Wait for it, or cancel it first."
        )
    if track.recording_path is not None:
        return following
    if track.spotify_url is not None:
        return [Plan("download", then=tuple(following))]
    raise recordings.no_recording()


def _skipped(track_id: uuid.UUID, error: errors.SoundForgeError) -> dict[str, str]:
    return {
        "track_id": str(track_id),
        "code": error.code,
        "message": error.message,
        "next_step": error.next_step,
    }


def _title(found: Sequence[Track]) -> str:
    """Return the album that all have in common, or a number."""
    albums = {track.album for track in found}
    album = next(iter(albums), None)
    if len(found) == 1:
        return found[0].title
    return album if album and len(albums) == 1 else f"{len(found)} tracks"


def _piece(job: JobProgress) -> Piece:
    status = Status(job.status)
    began_at = job.work_began_at if status.is_running else None
    return Piece(
        track_id=job.track_id,
        kind=throughput.kind(job.stage, job.model, job.options),
        status=status,
        fraction=job.progress / 100,
        duration_s=(job.duration_ms or 0) / 1000,
        elapsed_s=(job.updated_at - began_at).total_seconds() if began_at else None,
        began=job.work_began_progress / 100,
        planned=tuple(throughput.kind(**plan) for plan in job.then),
    )
