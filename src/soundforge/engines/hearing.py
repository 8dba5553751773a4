"""One pass over a recording, block by block, that stops at the first limit it passes."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.level import Level
from soundforge.engines.peaks import PeakBins
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report

MIN_SAMPLE_RATE_HZ: Final = 4_000
# Music is never packed this tightly; the sparest codec, speech in Opus, reaches about 250.
_MAX_EXPANSION: Final = 1_000
_EXPANSION_FREE_S: Final = 600.0
_REPORT_EVERY_S: Final = 0.5


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


class Hearing:
    """What is heard in one pass, with its limits.

    Attributes:
        frames: Frames so far.
        level: Their level.
        peaks: The drawing of their wave.
        warnings: Code and sentence of what is odd but no reason to refuse.

    Raises:
        EngineError: The file's own words are over a limit already.
    """

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
        """The length heard so far."""
        return self.frames / self._reader.sample_rate_hz

    @property
    def sha256(self) -> str:
        """The hash of the decoded audio: the same for one recording in two lossless files."""
        return self._hash.hexdigest()

    def listen(self, report: Report) -> None:
        """Hear all of it.

        Raises:
            EngineError: ``file_too_long``, ``file_too_short``, ``file_empty``, or what decoding
                it says.
        """
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


def _clock(duration_s: float) -> str:
    """Return hours, minutes and seconds: ``1:02:03``."""
    seconds = round(duration_s)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
