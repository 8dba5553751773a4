"""Check an audio file and put it in its place: what an upload and a download share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundforge import errors
from soundforge.audio import media
from soundforge.storage import layout

if TYPE_CHECKING:
    import uuid
    from pathlib import Path

    from soundforge.library import Track
    from soundforge.pipeline.tools import Tools


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording in its place; paths are relative to the data folder."""

    recording: media.Recording
    recording_path: str
    peaks_path: str
    cover_path: str | None

    def columns(self) -> dict[str, Any]:
        """Return the track's columns that this sets."""
        columns: dict[str, Any] = {
            "recording_path": self.recording_path,
            "recording_sha256": self.recording.audio_sha256,
            "recording_format": self.recording.format,
            "sample_rate_hz": self.recording.sample_rate_hz,
            "channels": self.recording.channels,
            "duration_ms": round(self.recording.duration_s * 1000),
            "peaks_path": self.peaks_path,
        }
        if self.cover_path:
            columns["cover_path"] = self.cover_path
        return columns


@dataclass(frozen=True, slots=True)
class Checked:
    """A recording that decodes, not yet in its place, and what was made of it."""

    recording: media.Recording
    path: Path
    peaks: Path
    cover: Path


async def keep(tools: Tools, track_id: uuid.UUID, path: Path, *, job: str, folder: Path) -> Kept:
    """`check` a file, then `place` it; the arguments and errors are theirs."""
    checked = await check(tools, path, job=job, folder=folder)
    return await place(tools, track_id, checked)


async def check(tools: Tools, path: Path, *, job: str, folder: Path) -> Checked:
    """Decode ``path`` to the end in an engine.

    Args:
        tools: The doors.
        path: The file.
        job: For the log.
        folder: An existing folder for temporary files.

    Raises:
        errors.Invalid: It is not audio, or beyond a limit; the code says which.
    """
    peaks, cover = folder / "mix.peaks", folder / "cover"
    recording = await media.probe(
        tools.engine, path, limits=tools.limits, job=job, peaks_path=peaks, cover_path=cover
    )
    return Checked(recording, path, peaks, cover)


async def place(tools: Tools, track_id: uuid.UUID, checked: Checked) -> Kept:
    """Move a recording and what belongs to it to where the track's files lie, over older ones.

    Raises:
        errors.Conflict: ``disk_full``.
    """
    recording_path = layout.recording(track_id, checked.recording.format)
    peaks_path = layout.mix_peaks(track_id)
    cover_path = None
    if checked.recording.cover_mime and checked.cover.exists():
        cover_path = layout.cover(track_id, checked.recording.cover_mime)
        await tools.storage.commit(checked.cover, cover_path)
        await asyncio.to_thread(_remove_others, tools.storage.path(cover_path))
    await tools.storage.commit(checked.peaks, peaks_path)
    await tools.storage.commit(checked.path, recording_path)
    await asyncio.to_thread(_remove_others, tools.storage.path(recording_path))
    return Kept(checked.recording, recording_path, peaks_path, cover_path)


def _remove_others(path: Path) -> None:
    """Remove what ``path`` replaces, where that had another extension."""
    for other in path.parent.glob(f"{path.stem}.*"):
        if other != path:
            other.unlink(missing_ok=True)


def require(tools: Tools, track: Track) -> Path:
    """Return where a track's recording is.

    Raises:
        errors.Conflict: It has none (``no_recording``), or it is gone (``recording_missing``).
    """
    if track.recording_path is None:
        raise no_recording()
    path = tools.storage.path(track.recording_path)
    if not path.is_file():
        raise errors.Conflict(
            "recording_missing",
            "The recording is no longer on disk.",
            "Fetch it again, or upload the file.",
        )
    return path


def no_recording() -> errors.Conflict:
    """Return why a track that has no recording cannot be worked on."""
    return errors.Conflict(
        "no_recording", "This track has no recording yet.", "Fetch it, or upload the file."
    )
