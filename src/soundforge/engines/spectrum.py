"""The shared pass: a stream of samples becomes short-time spectra, a few frames at a time.

Every feature that needs a spectrum takes it from here, so it is computed once, in single
precision, and a block is small enough to stay in the processor's cache. The frames are
those of librosa: 2048 samples, 512 apart, at 22,050 Hz, the first one centred on the first
sample, zeros beyond both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundforge.engines import fourier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]
    Matrix: TypeAlias = NDArray[np.float32]
    Measure: TypeAlias = Callable[["Block"], Matrix]

SAMPLE_RATE_HZ: Final = 22_050
FRAME_LENGTH: Final = 2048
HOP_LENGTH: Final = 512
FRAME_RATE_HZ: Final = SAMPLE_RATE_HZ / HOP_LENGTH
BLOCK_FRAMES: Final = 256

#: Frames for what needs more resolution than time: 2.7 Hz apart, every fourth frame.
WIDE_LENGTH: Final = 8192
WIDE_HOP: Final = 4 * HOP_LENGTH
WIDE_RATE_HZ: Final = SAMPLE_RATE_HZ / WIDE_HOP

#: Frequency of every bin of a spectrum, in Hz.
BIN_HZ: Final = np.fft.rfftfreq(FRAME_LENGTH, 1 / SAMPLE_RATE_HZ)

_PADDING: Final = FRAME_LENGTH // 2
_CONTEXT: Final = (WIDE_LENGTH - FRAME_LENGTH) // 2
_SPAN: Final = (BLOCK_FRAMES - 1) * HOP_LENGTH + FRAME_LENGTH
_WIDE_SPAN: Final = _SPAN + 2 * _CONTEXT
_HANN: Final = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME_LENGTH) / FRAME_LENGTH)).astype(
    np.float32
)


@dataclass(frozen=True)
class Block:
    """Consecutive frames, at most about `BLOCK_FRAMES`.

    Args:
        wide: The samples below the frames, and 3072 more on either side.
        real: Which of `samples` are the recording's; the others are padding.
    """

    wide: Samples
    real: slice

    @property
    def samples(self) -> Samples:
        """The samples below the frames, in order, each once; a whole number of hops."""
        return self.wide[_CONTEXT:-_CONTEXT]

    @cached_property
    def wide_frames(self) -> Samples:
        """Every fourth frame, as long as `WIDE_LENGTH` with the same centre; a view."""
        return sliding_window_view(self.wide, WIDE_LENGTH)[::WIDE_HOP]

    @cached_property
    def frames(self) -> Samples:
        """The overlapping frames without a window, ``(frames, 2048)``; a view."""
        return sliding_window_view(self.samples, FRAME_LENGTH)[::HOP_LENGTH]

    @cached_property
    def magnitude(self) -> Samples:
        """Magnitudes under a Hann window, ``(frames, 1025)``; a full-scale sine is 512."""
        magnitude: Samples = np.abs(fourier.rfft(self.frames * _HANN))
        return magnitude

    @cached_property
    def power(self) -> Samples:
        """Squared `magnitude`."""
        return np.square(self.magnitude)

    def framewise_sum(self, values: NDArray[np.generic]) -> Samples:
        """Return the sum of ``values``, one per sample, over each frame."""
        # A frame is a whole number of hops: each hop is added up once.
        hops = values.reshape(-1, HOP_LENGTH).sum(axis=1, dtype=np.float32)
        sums: Samples = sliding_window_view(hops, FRAME_LENGTH // HOP_LENGTH).sum(axis=1)
        return sums


def cut(stream: Iterable[Samples]) -> Iterator[Block]:
    """Cut mono samples at `SAMPLE_RATE_HZ` into blocks of frames; no samples, no blocks.

    ``n`` samples make ``1 + n // 512`` frames.
    """
    waiting = np.zeros(_CONTEXT + _PADDING, np.float32)
    padding = _PADDING
    is_empty = True
    for chunk in stream:
        is_empty = is_empty and not len(chunk)
        waiting = np.concatenate([waiting, chunk])
        while len(waiting) >= _WIDE_SPAN:
            yield Block(waiting[:_WIDE_SPAN], slice(padding, _SPAN))
            waiting = waiting[BLOCK_FRAMES * HOP_LENGTH :]
            padding = max(0, padding - BLOCK_FRAMES * HOP_LENGTH)
    if not is_empty:
        heard = len(waiting) - _CONTEXT
        whole = heard + _PADDING
        whole -= whole % HOP_LENGTH  # what is left over fills no frame
        padded = np.pad(waiting, (0, _PADDING + _CONTEXT))
        yield Block(padded[: whole + 2 * _CONTEXT], slice(padding, min(whole, heard)))


def measure(stream: Iterable[Samples], measures: Mapping[str, Measure]) -> dict[str, list[Matrix]]:
    """Take every measure on every block of ``stream``; keep the answers, drop the blocks."""
    columns: dict[str, list[Matrix]] = {name: [] for name in measures}
    for block in cut(stream):
        for name, take in measures.items():
            columns[name].append(take(block))
    return columns
