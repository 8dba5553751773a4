"""A file is checked by decoding all of it: ``python -m soundforge.engines.media``.

Whoever sends a file may be hostile: it can be tiny and expand to hours, lie in its header, or
break a decoder. So it is decoded block by block, in this process that can be thrown away, and
the work stops at the first limit that is passed.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

# One thread: on a machine with many cores the pools of others would use up the memory limit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from soundforge.engines import containers, decode, durable, runtime, tags
from soundforge.engines.level import Level
from soundforge.engines.peaks import PeakBins
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report

logger = logging.getLogger(__name__)

MIN_SAMPLE_RATE_HZ: Final = 4_000
# Music is never packed this tightly; the sparest codec, speech in Opus, reaches about 250.
_MAX_EXPANSION: Final = 1_000
_EXPANSION_FREE_S: Final = 600.0
_REPORT_EVERY_S: Final = 0.5
_FORMATS: Final = "Send a song as MP3, WAV, FLAC, OGG, Opus, M4A, AAC or AIFF."


@dataclass(frozen=True, slots=True)
class Limits:
    """What a recording may be.

    Args:
        max_duration_s: Longest recording, decoded.
        max_channels: Most channels.
        max_sample_rate_hz: Highest rate; the lowest is `MIN_SAMPLE_RATE_HZ`.
        min_duration_s: Shortest recording.
    """

    max_duration_s: float
    max_channels: int
    max_sample_rate_hz: int
    min_duration_s: float = 0.0


def probe(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Decode ``params["path"]`` to its end; return what it is.

    ``params["limits"]`` are the fields of `Limits`. With ``peaks_path`` the peaks are written
    there, with ``cover_path`` the cover, if the file has one; when the file is refused,
    neither.

    Returns:
        ``format``, ``sample_rate_hz``, ``channels``, ``frames``, ``duration_s``,
        ``audio_sha256`` (of rate, channels and decoded samples), ``bit_depth``, ``tags``,
        ``cover`` (``mime`` and ``file``), ``peak`` and ``rms`` (1.0 is full scale),
        ``is_silent`` and ``warnings`` (each a ``code`` and a ``message``).

    Raises:
        EngineError: The file is refused: ``file_missing``, ``not_a_file``, ``file_empty``,
            ``not_audio``, ``file_truncated``, ``file_too_long``, ``file_too_short``,
            ``too_many_channels``, ``sample_rate_unsupported``, ``codec_unsupported`` or
            ``decode_failed``.
    """
    path = Path(params["path"])
    limits = Limits(**{f.name: params["limits"][f.name] for f in fields(Limits)
                       if f.name in params["limits"]})  # fmt: skip
    with _about_the_file(path):
        _check_file(path)
        container = containers.sniff(path)
        try:
            reader, heard = _hear(decode.open_audio(path), limits, path, report)
        except EngineError as error:
            if error.code != "file_truncated":
                raise
            reader, heard = _hear_the_rest(path, limits, report, error)
    found = tags.read(path, container or "WAV")
    cover = _write(params, heard, found)
    notes = [*heard.warnings, *found.warnings]
    return {
        "format": (container or reader.format).lower(),
        "sample_rate_hz": reader.sample_rate_hz,
        "channels": reader.channels,
        "frames": heard.frames,
        "duration_s": heard.duration_s,
        "audio_sha256": heard.sha256,
        "bit_depth": found.bit_depth,
        "tags": found.tags,
        "cover": cover,
        "peak": heard.level.peak,
        "rms": heard.level.rms,
        "is_silent": heard.level.is_silent,
        "warnings": [{"code": code, "message": message} for code, message in notes],
    }


def _hear(
    opened: AudioReader, limits: Limits, path: Path, report: Report
) -> tuple[AudioReader, _Hearing]:
    with opened as reader:
        heard = _Hearing(reader, limits, path.stat().st_size)
        heard.listen(report)
    return reader, heard


def _hear_the_rest(
    path: Path, limits: Limits, report: Report, cut: EngineError
) -> tuple[AudioReader, _Hearing]:
    """Hear a file whose end is missing: a warning, unless nothing is left that one could use."""
    try:
        reader, heard = _hear(decode.open_what_is_there(path), limits, path, report)
    except EngineError as error:
        is_useless = error.code in ("file_empty", "file_too_short", "decode_failed")
        raise cut if is_useless else error from error
    heard.warnings.append(("file_truncated", "The end of the file is missing."))
    return reader, heard


class _Hearing:
    """One pass over the audio, with its limits."""

    def __init__(self, reader: AudioReader, limits: Limits, size_bytes: int) -> None:
        self._reader, self._limits, self._size_bytes = reader, limits, size_bytes
        _check_shape(reader, limits)
        # An MP3 without a Xing tag only estimates its length.
        if reader.frames and reader.format not in ("MP3", "FFMPEG"):
            self._check_length(reader.frames)
        self.frames = 0
        self.level = Level()
        self.peaks = PeakBins(reader.sample_rate_hz)
        self.warnings: list[tuple[str, str]] = []
        self._hash = hashlib.sha256(
            f"float32le {reader.sample_rate_hz} Hz {reader.channels} ch\n".encode()
        )

    @property
    def duration_s(self) -> float:
        return self.frames / self._reader.sample_rate_hz

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def listen(self, report: Report) -> None:
        """Hear all of it, up to the limits."""
        next_report_s = 0.0
        expected = self._reader.frames or self._limits.max_duration_s * self._reader.sample_rate_hz
        for block in self._reader.blocks():
            self.frames += len(block)
            self._check_length(self.frames)
            self._take(block)
            if time.monotonic() >= next_report_s:
                next_report_s = time.monotonic() + _REPORT_EVERY_S
                report(self.frames / expected, "Checking the recording")
        self._check_end()

    def _take(self, block: NDArray[np.float32]) -> None:
        self._hash.update(np.ascontiguousarray(block, "<f4").data)
        self.peaks.add(self.level.hear(block.T).T)

    def _check_length(self, frames: int) -> None:
        duration_s = frames / self._reader.sample_rate_hz
        most_s = self._limits.max_duration_s
        if duration_s > most_s:
            known = "" if frames == self._reader.frames else "more than "
            found = _clock(duration_s if not known else most_s)
            raise EngineError(
                "file_too_long",
                f"The file holds {known}{found} of audio; the limit is {_clock(most_s)}.",
                "Cut it into parts, or raise limits.duration_s in the settings.",
            )
        expansion = frames * self._reader.channels * 4 / self._size_bytes
        if duration_s > _EXPANSION_FREE_S and expansion > _MAX_EXPANSION:
            raise EngineError(
                "file_too_long",
                f"The file has {self._size_bytes:,} bytes and expands to more than "
                f"{_clock(_EXPANSION_FREE_S)} of audio, over {_MAX_EXPANSION:,} times its size; "
                "no music is packed like that.",
                "Send the part of it that is music.",
            )

    def _check_end(self) -> None:
        if not self.frames:
            raise EngineError("file_empty", "The file holds no audio.", "Send a song.")
        least_s = self._limits.min_duration_s
        if self.duration_s < least_s:
            raise EngineError(
                "file_too_short",
                f"The file holds {self.duration_s:.3f} s of audio; at least {least_s:g} s "
                "are needed.",
                "Send a longer recording.",
            )
        damaged = self.level.damaged_samples
        if damaged == self.level.samples:
            raise EngineError(
                "decode_failed", "Not one sample in the file is a number.", "Send another copy."
            )
        if damaged:
            sentence = f"{damaged:,} samples are not numbers and count as silence."
            self.warnings.append(("samples_damaged", sentence))


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise EngineError("file_missing", "The file is not there.", "Send it again.") from error
    if not stat.S_ISREG(status.st_mode):
        raise EngineError("not_a_file", "This is a folder or a device, not a file.", _FORMATS)
    if not status.st_size:
        raise EngineError("file_empty", "The file is empty.", _FORMATS)


def _check_shape(reader: AudioReader, limits: Limits) -> None:
    if not 1 <= reader.channels <= limits.max_channels:
        raise EngineError(
            "too_many_channels",
            f"The file has {reader.channels} channels; the limit is {limits.max_channels}.",
            "Mix it down to stereo.",
        )
    if not MIN_SAMPLE_RATE_HZ <= reader.sample_rate_hz <= limits.max_sample_rate_hz:
        raise EngineError(
            "sample_rate_unsupported",
            f"The file's sample rate is {reader.sample_rate_hz:,} Hz; it must be between "
            f"{MIN_SAMPLE_RATE_HZ:,} and {limits.max_sample_rate_hz:,} Hz.",
            "Convert it to 44,100 or 48,000 Hz.",
        )


@contextlib.contextmanager
def _about_the_file(path: Path) -> Iterator[None]:
    """Leave the file's name out of the sentences: on disk it is an id that nobody knows."""
    try:
        yield
    except EngineError as error:
        message = error.message.replace(path.name, "The file", 1) if path.name else error.message
        raise EngineError(
            error.code, message, error.next_step, retryable=error.retryable
        ) from error


def _write(params: dict[str, Any], heard: _Hearing, found: tags.Found) -> dict[str, str] | None:
    """Write the peaks and the cover; return the cover's description."""
    written: list[Path] = []
    try:
        if params.get("peaks_path"):
            written.append(Path(params["peaks_path"]))
            durable.write_bytes(written[-1], heard.peaks.to_bytes())
        if params.get("cover_path") and found.cover:
            written.append(Path(params["cover_path"]))
            durable.write_bytes(written[-1], found.cover.content)
            return {"mime": found.cover.mime, "file": str(written[-1])}
    except OSError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return None


def _clock(duration_s: float) -> str:
    """Return hours, minutes and seconds: ``1:02:03``."""
    seconds = round(duration_s)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _limit_memory(size_bytes: int) -> None:
    """Let allocations over ``size_bytes`` fail, where the system can do that."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = size_bytes if hard == resource.RLIM_INFINITY else min(size_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _probe_within_memory(params: dict[str, Any], report: Report) -> dict[str, Any]:
    memory_bytes = int(params.get("memory_bytes", 0))
    if memory_bytes:
        _limit_memory(memory_bytes)
    try:
        return probe(params, report)
    except MemoryError as error:
        raise EngineError(
            "out_of_memory",
            f"Decoding the file took more than {memory_bytes // 10**6:,} MB of memory.",
            "Convert it to FLAC or MP3 with another program, then send that.",
        ) from error


if __name__ == "__main__":
    runtime.serve(_probe_within_memory)
