"""What BeatNet hears: a logarithmic spectrum and its rise, fifty times a second.

The frames, filters and rise are those of the networks' training: 64 ms under a Hann window,
20 ms apart, 24 bands to the octave from 30 Hz up, ``log10(1 + x)``. The first frame is centred
on the first sample, zeros beyond both ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundforge.engines import fourier
from soundforge.engines.banded import FilterBank
from soundforge.engines.spectrum import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.spectrum import Matrix, Samples

FRAME_RATE_HZ: Final = 50
HOP_LENGTH: Final = 441
FRAME_LENGTH: Final = 1411

_PADDING: Final = FRAME_LENGTH // 2
_BINS: Final = FRAME_LENGTH // 2
_BANDS_PER_OCTAVE: Final = 24
_LOWEST_HZ: Final = 30.0
_HIGHEST_HZ: Final = 17_000.0
_A_HZ: Final = 440.0
_HANN: Final = np.hanning(FRAME_LENGTH).astype(np.float32)


class Framer:
    """Turns a stream of mono samples at 22,050 Hz into feature rows, `WIDTH` numbers each."""

    def __init__(self) -> None:
        self._waiting = np.zeros(_PADDING, np.float32)
        self._heard = self._framed = 0
        self._before = np.zeros((0, BANDS), np.float32)

    def hear(self, samples: Samples) -> Matrix:
        """Return the rows that are complete with ``samples``, shape ``(rows, WIDTH)``."""
        self._heard += len(samples)
        self._waiting = np.concatenate([self._waiting, samples])
        return self._rows(max(0, 1 + (len(self._waiting) - FRAME_LENGTH) // HOP_LENGTH))

    def finish(self) -> Matrix:
        """Return the last rows; together there is one row for each hop begun."""
        missing = -(-self._heard // HOP_LENGTH) - self._framed
        self._waiting = np.pad(self._waiting, (0, FRAME_LENGTH))
        return self._rows(missing)

    def _rows(self, count: int) -> Matrix:
        if count < 1:
            return np.zeros((0, WIDTH), np.float32)
        frames = sliding_window_view(self._waiting, FRAME_LENGTH)[::HOP_LENGTH][:count]
        magnitude = np.abs(fourier.rfft(frames * _HANN)[:, :_BINS])
        level = np.log10(_FILTERS.of(magnitude) + np.float32(1))
        # The window rises for half its length: the rise is taken over one hop.
        joined = np.concatenate([self._before if self._framed else level[:1], level])
        rise = np.maximum(0, np.diff(joined, axis=0))
        self._waiting = self._waiting[count * HOP_LENGTH :].copy()
        self._before = level[-1:]
        self._framed += count
        return np.hstack([level, rise])


def filters() -> NDArray[np.float32]:
    """Return triangles of unit sum, ``(705, 136)``, one for each bin that is a band's centre."""
    bin_hz = np.arange(_BINS) * SAMPLE_RATE_HZ / FRAME_LENGTH
    lowest, highest = (np.log2(hz / _A_HZ) * _BANDS_PER_OCTAVE for hz in (_LOWEST_HZ, _HIGHEST_HZ))
    steps = np.arange(np.floor(lowest), np.ceil(highest)) / _BANDS_PER_OCTAVE
    hz = _A_HZ * 2**steps
    hz = hz[(hz >= _LOWEST_HZ) & (hz <= _HIGHEST_HZ)]
    above = np.clip(bin_hz.searchsorted(hz), 1, _BINS - 1)
    nearest = np.unique(above - (hz - bin_hz[above - 1] < bin_hz[above] - hz))
    bands = [_triangle(*edges) for edges in zip(nearest, nearest[1:], nearest[2:], strict=False)]
    return np.stack(bands, axis=1).astype(np.float32)


def _triangle(start: int, centre: int, end: int) -> NDArray[np.float64]:
    if end - start < 2:  # narrower than the bins: one bin is the band
        centre, end = start, start + 1
    band = np.zeros(_BINS)
    band[start:centre] = np.linspace(0, 1, centre - start, endpoint=False)
    band[centre:end] = np.linspace(1, 0, end - centre, endpoint=False)
    band /= band.sum()
    return band


_FILTERS: Final = FilterBank(filters())
BANDS: Final = _FILTERS.bands
WIDTH: Final = 2 * BANDS
