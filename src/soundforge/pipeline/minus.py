"""Mixes without some of the stems, made when they are asked for and kept by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundforge import errors
from soundforge.audio.mix_down import mix_down
from soundforge.library import Status, jobs, stems
from soundforge.pipeline import recordings, temporary
from soundforge.pipeline.temporary import Temporary

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.audio.mix_down import Form
    from soundforge.library import Job, Stem, Track
    from soundforge.pipeline.tools import Tools


async def make(
    tools: Tools, owner_id: uuid.UUID, job_id: uuid.UUID, *, without: Sequence[str], form: Form
) -> Temporary:
    """Make the mix of a track without some stems of one separation.

    Without all that the model makes, it is the residual: what no stem holds.
    Without the only stems that were asked for, it is what the others would hold.

    Raises:
        errors.NotFound: There is no such separation of this owner (``job_not_found``), or it
            made no such stem (``stem_not_found``).
        errors.Conflict: It has not completed (``job_state``), the recording was replaced since
            (``recording_changed``) or is gone, or the disk is full.
        errors.Unavailable: The engine crashed or took too long.
    """
    job, track, made = await _read(tools, owner_id, job_id)
    taken = _taken(made, without)
    recording = recordings.require(tools, track)
    results = job.results or {}
    if results.get("recording_sha256", track.recording_sha256) != track.recording_sha256:
        raise errors.Conflict(
            "recording_changed",
            "The recording was replaced after these stems were made.",
            "Separate it again, then ask for the mix.",
        )
    first = taken[0]
    async with temporary.folder(
        tools, duration_s=first.duration_s, sample_rate_hz=first.sample_rate_hz
    ) as folder:
        mixed = await mix_down(
            tools.engine,
            recording=recording,
            without=[tools.storage.path(stem.file_path) for stem in taken],
            gain_db=float(results.get("gain_db") or 0),
            sample_rate_hz=first.sample_rate_hz,
            out_dir=folder,
            duration_s=first.duration_s,
            job=f"mix-{job_id}",
            form=form,
        )
        is_residual = len(taken) == len(made) and not job.options.get("stems")
        return Temporary(mixed.path, folder, _name(track, taken, is_residual=is_residual))


async def _read(
    tools: Tools, owner_id: uuid.UUID, job_id: uuid.UUID
) -> tuple[Job, Track, Sequence[Stem]]:
    async with tools.database.transaction() as session:
        job = await jobs.get(session, owner_id, job_id)
        if job.stage != "separate":
            raise errors.NotFound("job_not_found", "There is no such separation.")
        if job.status != Status.COMPLETED:
            raise errors.Conflict(
                "job_state", "The separation has not completed.", "Wait for it, or try it again."
            )
        return job, job.track, await stems.of_job(session, job_id)


def _taken(made: Sequence[Stem], without: Sequence[str]) -> list[Stem]:
    by_type = {stem.stem_type: stem for stem in made}
    for wanted in without:
        if wanted not in by_type:
            raise errors.NotFound(
                "stem_not_found",
                f"This separation made no stem called {wanted[:40]}.",
                f"It made {', '.join(sorted(by_type)) or 'none'}.",
            )
    return [by_type[wanted] for wanted in dict.fromkeys(without)]


def _name(track: Track, taken: Sequence[Stem], *, is_residual: bool) -> str:
    names = ", ".join(stem.stem_type for stem in taken)
    what = "residual" if is_residual else f"without {names}"
    return " - ".join(filter(None, (track.artist, track.title, what)))
