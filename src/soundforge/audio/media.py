"""Check a file that someone sent or that was downloaded, in a process of its own."""

from __future__ import annotations

import asyncio
import stat
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio import formats
from soundforge.audio.report import of_engine

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report

TIMEOUT_S: Final = 120.0
_SLOWEST_REALTIME_FACTOR: Final = 30.0
MEMORY_BYTES: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recording may be.

    Args:
        max_duration_s: Longest recording, decoded.
        max_channels: Most channels.
        max_sample_rate_hz: Highest sample rate.
        min_duration_s: Shortest recording.
    """

    max_duration_s: float
    max_channels: int
    max_sample_rate_hz: int
    min_duration_s: float = 0.1


@dataclass(frozen=True, slots=True)
class Tags:
    """What the file says of itself, cleaned; None for what it does not say."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    album_artist: str | None = None
    genre: str | None = None
    track: int | None = None
    disc: int | None = None
    year: int | None = None
    isrc: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user may want to know of a file that was accepted."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A file that decodes.

    Args:
        format: Short name, as in `formats.AudioFormat`.
        sample_rate_hz: Frames per second.
        channels: Channels.
        frames: Length in frames, counted, not declared.
        duration_s: Length in seconds.
        audio_sha256: Of rate, channels and decoded samples: the same for the same audio with
            other tags.
        bit_depth: Bits per sample, where the format has such a thing.
        peak: Largest absolute sample; 1.0 is full scale.
        rms: Root mean square of all samples; 1.0 is a full-scale square wave.
        is_silent: Whether there is nothing to hear.
        tags: What the file says of itself.
        cover_mime: Media type of the cover that was written; None without one.
        warnings: What was wrong and could be coped with: ``file_truncated``,
            ``samples_damaged``, ``tags_unreadable``, ``cover_ignored``.
    """

    format: str
    sample_rate_hz: int
    channels: int
    frames: int
    duration_s: float
    audio_sha256: str
    bit_depth: int | None
    peak: float
    rms: float
    is_silent: bool
    tags: Tags
    cover_mime: str | None
    warnings: tuple[Notice, ...]


async def probe(  # noqa: PLR0913 -- two outputs, each of its own
    engine: Engine,
    path: Path,
    *,
    limits: Limits,
    job: str,
    peaks_path: Path | None = None,
    cover_path: Path | None = None,
    timeout_s: float | None = None,
    report: Report | None = None,
) -> Recording:
    """Decode a file to its end; say what it is.

    Args:
        engine: How engines are started.
        path: The file; its name does not matter.
        limits: What it may be.
        job: For the log.
        peaks_path: Where to write the peaks (uint8, 100 a second); only if it is accepted.
        cover_path: Where to write the cover; only if there is one and the file is accepted.
        timeout_s: Time limit; by default `TIMEOUT_S`, or what the longest file that the limits
            allow takes on a slow or busy machine.
        report: Is told how far the work is.

    Raises:
        errors.Invalid: The file is refused: ``file_missing``, ``not_a_file``, ``file_empty``,
            ``not_audio``, ``file_truncated``, ``file_too_long``, ``file_too_short``,
            ``too_many_channels``, ``sample_rate_unsupported``, ``codec_unsupported``,
            ``decode_failed``, ``out_of_memory`` or ``disk_full``.
        errors.Unavailable: The engine crashed or took too long.
    """
    found = await asyncio.to_thread(_sniff, path)
    value = await engine.run(
        "media",
        {
            "path": str(path),
            "limits": asdict(limits),
            "peaks_path": str(peaks_path) if peaks_path else None,
            "cover_path": str(cover_path) if cover_path else None,
            "memory_bytes": MEMORY_BYTES,
        },
        job=job,
        timeout_s=timeout_s or max(TIMEOUT_S, limits.max_duration_s / _SLOWEST_REALTIME_FACTOR),
        on_progress=of_engine(report) if report else None,
    )
    return _recording(value, found)


def _sniff(path: Path) -> formats.AudioFormat | None:
    """Return the format by the first bytes, and spare an engine what is plainly no audio.

    Raises:
        errors.Invalid: ``not_audio`` or ``codec_unsupported``.
    """
    try:
        head = _head(path)
    except (OSError, ValueError):
        return None  # the engine has the words for it
    if not head:
        return None
    found = formats.sniff(head)
    if found is None:
        raise errors.Invalid(
            "not_audio",
            "The file is not audio, or of a kind that we cannot read.",
            f"Send a song as {formats.ACCEPTED}.",
        )
    if found is formats.OGG_FLAC:
        raise errors.Invalid(
            "codec_unsupported",
            "The file is FLAC inside an Ogg container, which we cannot read.",
            "Convert it to a plain FLAC file; nothing of the sound is lost.",
        )
    return found


def _head(path: Path) -> bytes:
    # Not before it is known to be a file: opening a pipe waits for a writer.
    if not stat.S_ISREG(path.stat().st_mode):
        return b""
    with path.open("rb") as file:
        return file.read(formats.HEAD_BYTES)


def _recording(value: dict[str, Any], found: formats.AudioFormat | None) -> Recording:
    cover = value["cover"]
    return Recording(
        format=found.name if found else value["format"],
        sample_rate_hz=value["sample_rate_hz"],
        channels=value["channels"],
        frames=value["frames"],
        duration_s=value["duration_s"],
        audio_sha256=value["audio_sha256"],
        bit_depth=value["bit_depth"],
        peak=value["peak"],
        rms=value["rms"],
        is_silent=value["is_silent"],
        tags=Tags(**value["tags"]),
        cover_mime=cover["mime"] if cover else None,
        warnings=tuple(Notice(note["code"], note["message"]) for note in value["warnings"]),
    )
