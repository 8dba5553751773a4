"""Stage 1: a link becomes a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio.download_errors import UPLOAD_NEXT
from soundforge.library import tracks
from soundforge.pipeline import recordings
from soundforge.pipeline.stage import Stage, folder_of

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio import media
    from soundforge.db.session import Session
    from soundforge.library import Job, Track
    from soundforge.pipeline.recordings import Checked, Kept
    from soundforge.pipeline.reporter import Reporter
    from soundforge.pipeline.tools import Tools

# Fades, spoken intros and other masters differ by a little; a snippet or a loop by much.
_SHORTEST: Final = 0.7
_LONGEST: Final = 1.5
_NEAR_S: Final = 5.0
_ROOM_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A recording in its place."""

    kept: Kept
    size_bytes: int


async def work(tools: Tools, job: Job, track: Track, report: Reporter) -> Downloaded:
    """Fetch the track's audio, check that it decodes, and put it in its place."""
    if track.spotify_url is None:
        raise errors.Invalid(
            "no_link", "This track has no link to fetch.", "Upload the file instead."
        )
    await tools.storage.require_free(tools.free_disk_bytes)
    folder = folder_of(tools, job)
    duration_s = track.duration_ms / 1000 if track.duration_ms else None
    path = await _fetch(tools, job, track.spotify_url, folder, duration_s, report)
    report(0.92, "Checking the recording")
    checked = await _check(tools, path, job=str(job.id), folder=folder)
    _check_is_the_song(checked.recording, duration_s)
    await report.confirm()
    kept = await recordings.place(tools, track.id, checked)
    size_bytes = tools.storage.path(kept.recording_path).stat().st_size
    return Downloaded(kept, size_bytes)


async def save(session: Session, job: Job, made: Downloaded) -> None:
    """Record where the recording lies and what it is."""
    job.output_path = made.kept.recording_path
    job.file_size = made.size_bytes
    await tracks.set_recording(session, job.track_id, **made.kept.columns())


async def _fetch(
    tools: Tools,
    job: Job,
    track_url: str,
    folder: Path,
    duration_s: float | None,
    report: Reporter,
) -> Path:
    try:
        return await tools.downloader.download(
            track_url=track_url,
            out_dir=folder,
            job=str(job.id),
            expected_duration_s=duration_s,
            report=lambda fraction, message, detail: report(fraction * 0.9, message, detail),
        )
    except errors.Unavailable:
        # A program that met a full disk seldom says so; what it wrote is still there.
        await tools.storage.require_free(max(tools.free_disk_bytes, _ROOM_BYTES))
        raise


async def _check(tools: Tools, path: Path, *, job: str, folder: Path) -> Checked:
    try:
        return await recordings.check(tools, path, job=job, folder=folder)
    except errors.Invalid as error:  # its words are for somebody who sent the file
        error.next_step = UPLOAD_NEXT
        raise


def _check_is_the_song(recording: media.Recording, expected_s: float | None) -> None:
    """Refuse what is surely not the whole song: half of it, twice as much, or cut off.

    Before it takes its place: an older recording of the track must not be lost to it.
    """
    if any(notice.code == "file_truncated" for notice in recording.warnings):
        raise errors.Unavailable(
            "download_truncated",
            "The end of the download is missing.",
            f"It is tried again by itself. {UPLOAD_NEXT}",
        )
    if expected_s is None or abs(recording.duration_s - expected_s) <= _NEAR_S:
        return
    if not _SHORTEST <= recording.duration_s / expected_s <= _LONGEST:
        raise errors.Invalid(
            "download_wrong_recording",
            f"The recording that was found is {recording.duration_s:.0f} s long; "
            f"the song is {expected_s:.0f} s.",
            UPLOAD_NEXT,
        )


STAGE = Stage("download", "download", work, save)
