"""Mixes without some of the stems, made when they are asked for and kept by nobody."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio.mix_down import mix_down
from soundforge.library import Status, jobs, stems
from soundforge.pipeline import recordings
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soundforge.audio.mix_down import Form
    from soundforge.library import Job, Stem, Track
    from soundforge.pipeline.tools import Tools

_BYTES_PER_S: Final = 44_100 * 2 * 4 * 2


@dataclass(frozen=True, slots=True)
class Minus:
    """A mix in a temporary folder; whoever has sent it removes the folder.

    Args:
        path: The file.
        folder: What to remove.
        name: For people, without a suffix.
    """

    path: Path
    folder: Path
    name: str


async def make(
    tools: Tools, owner_id: uuid.UUID, job_id: uuid.UUID, *, without: Sequence[str], form: Form
) -> Minus:
    """Make the mix of a track without some stems of one separation.

    Without all that the model makes, it is the residual: what no stem holds.

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
    duration_s = taken[0].duration_s
    await tools.storage.require_free(tools.free_disk_bytes + int(duration_s * _BYTES_PER_S))
    folder = tools.storage.path(layout.scratch(f"mix-{uuid.uuid4()}"))
    folder.mkdir(parents=True)
    try:
        mixed = await mix_down(
            tools.engine,
            recording=recording,
            without=[tools.storage.path(stem.file_path) for stem in taken],
            gain_db=float(results.get("gain_db") or 0),
            sample_rate_hz=taken[0].sample_rate_hz,
            out_dir=folder,
            duration_s=duration_s,
            job=f"mix-{job_id}",
            form=form,
        )
    except BaseException:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))
        raise
    return Minus(mixed.path, folder, _name(track, taken, is_all=len(taken) == len(made)))


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


def _name(track: Track, taken: Sequence[Stem], *, is_all: bool) -> str:
    names = ", ".join(stem.stem_type for stem in taken)
    what = "residual" if is_all else f"without {names}"
    return " - ".join(filter(None, (track.artist, track.title, what)))
