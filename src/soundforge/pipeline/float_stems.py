"""Stems as they were made: float WAV, the common gain of their masters undone.

A master is 24-bit FLAC, and all stems of a job were made quieter alike where one would have
clipped. Made when they are asked for, and kept by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundforge import errors
from soundforge.audio.mix_down import mix_down
from soundforge.library import jobs, stems
from soundforge.pipeline import temporary
from soundforge.pipeline.temporary import Temporary

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from soundforge.library import Job, Stem
    from soundforge.pipeline.tools import Tools


async def one(tools: Tools, owner_id: uuid.UUID, stem_id: uuid.UUID) -> Temporary:
    """Make the float WAV of one stem.

    Raises:
        errors.NotFound: There is no such stem of this owner (``stem_not_found``), or its file is
            gone (``file_gone``).
        errors.Conflict: The disk is full.
        errors.Unavailable: The engine crashed or took too long.
    """
    async with tools.database.transaction() as session:
        stem, track = await stems.get(session, owner_id, stem_id)
        job = await jobs.get(session, owner_id, stem.job_id)
    name = " - ".join(filter(None, (track.artist, track.title, stem.stem_type)))
    async with _folder(tools, [stem]) as folder:
        return Temporary(await _write(tools, job, stem, folder), folder, name)


async def every(tools: Tools, job: Job, made: Sequence[Stem]) -> tuple[Path, dict[str, Path]]:
    """Make the float WAV of each stem of a job.

    Returns:
        The folder, which the caller removes, and the file of each stem.

    Raises:
        errors.SoundForgeError: As `one`.
    """
    async with _folder(tools, made) as folder:
        return folder, {stem.stem_type: await _write(tools, job, stem, folder) for stem in made}


def _folder(tools: Tools, made: Sequence[Stem]) -> AbstractAsyncContextManager[Path]:
    first = made[0]
    return temporary.folder(
        tools,
        duration_s=first.duration_s,
        sample_rate_hz=first.sample_rate_hz,
        files=len(made),
    )


async def _write(tools: Tools, job: Job, stem: Stem, folder: Path) -> Path:
    master = tools.storage.path(stem.file_path)
    if not master.is_file():
        raise errors.NotFound("file_gone", "The file is no longer on disk.", "Run it again.")
    written = await mix_down(
        tools.engine,
        recording=master,
        recording_gain_db=float((job.results or {}).get("gain_db") or 0),
        without=(),
        gain_db=0.0,
        sample_rate_hz=stem.sample_rate_hz,
        out_dir=folder,
        name=stem.stem_type,
        duration_s=stem.duration_s,
        job=f"float-{stem.id}",
        form="wav",
    )
    return written.path
