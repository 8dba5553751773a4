"""Mel spectra: what timbre (MFCC) and onsets are read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.banded import FilterBank
from soundforge.engines.spectrum import BIN_HZ, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix
    from soundforge.engines.spectrum import Block

BANDS: Final = 128
RANGE_DB: Final = 80.0
_FLOOR: Final = 1e-10

# Slaney's scale: linear below 1 kHz, then a fixed ratio per mel (Auditory Toolbox, 1998).
_LINEAR_HZ: Final = 200 / 3
_BREAK_HZ: Final = 1000.0
_BREAK_MEL: Final = _BREAK_HZ / _LINEAR_HZ
_LOG_STEP: Final = np.log(6.4) / 27


def mel_db(block: Block) -> Matrix:
    """Return mel band powers in dB, ``(frames, 128)``, floored at -100 dB."""
    power = _FILTERS.of(block.power)
    # The natural logarithm is several times faster than the decimal one.
    level: Matrix = np.log(np.maximum(power, np.float32(_FLOOR))) * np.float32(10 / np.log(10))
    return level


def clipped(parts: Sequence[Matrix]) -> Iterator[Matrix]:
    """Yield levels in dB with all that lies `RANGE_DB` below their maximum raised to there.

    So a fade into digital silence does not drown what can be heard.
    """
    floor = max(float(part.max()) for part in parts) - RANGE_DB
    for part in parts:
        yield np.maximum(part, np.float32(floor))


def cosines(count: int) -> NDArray[np.float32]:
    """Return the first ``count`` of the orthonormal cosines (type II), ``(128, count)``."""
    angle = np.pi * (np.arange(BANDS)[:, None] + 0.5) * np.arange(count) / BANDS
    basis = np.cos(angle) * np.sqrt(2 / BANDS)
    basis[:, 0] /= np.sqrt(2)
    single: NDArray[np.float32] = basis.astype(np.float32)
    return single


def filters() -> NDArray[np.float64]:
    """Return triangles of equal area, ``(1025, 128)``, evenly spaced in mel up to 11,025 Hz."""
    return triangles(BIN_HZ, BANDS, SAMPLE_RATE_HZ / 2)


def triangles(bins_hz: NDArray[np.floating], bands: int, top_hz: float) -> NDArray[np.float64]:
    """Return ``bands`` triangles of equal area over ``bins_hz``, evenly spaced in mel from 0 Hz."""
    top = _BREAK_MEL + np.log(top_hz / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0.0, top, bands + 2)
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (mels - _BREAK_MEL))
    edges_hz = np.where(mels < _BREAK_MEL, mels * _LINEAR_HZ, logarithmic)
    low, centre, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz[:, None] - low) / (centre - low)
    falling = (high - bins_hz[:, None]) / (high - centre)
    heights: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (high - low)
    return heights


_FILTERS: Final = FilterBank(filters())
