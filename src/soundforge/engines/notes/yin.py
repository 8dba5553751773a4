"""The fundamental frequency of one voice, frame by frame.

YIN: A. de Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and
music", JASA 111 (2002). The difference function is computed for all lags at once by FFT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import scipy.fft
from numpy.typing import NDArray

if TYPE_CHECKING:
    from soundforge.engines.spectrum import Samples

Curve = NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 22_050
HOP: Final = 256
FRAME: Final = 2048
_HALF: Final = FRAME // 2
_DIP: Final = 0.1  # the paper's threshold
_BATCH: Final = 512


class Pitch(NamedTuple):
    """What one voice does, one value per frame.

    ``hz`` is the fundamental frequency; ``aperiodicity`` 0 (a pure period) to about 1 (noise).
    """

    hz: Curve
    aperiodicity: Curve


def pitch(frames: NDArray[np.float32], lowest_hz: float, highest_hz: float) -> Pitch:
    """Return the pitch of frames ``(n, FRAME)``, between the two frequencies."""
    hz, aperiodicity = np.zeros(len(frames), np.float32), np.ones(len(frames), np.float32)
    for start in range(0, len(frames), _BATCH):
        part = slice(start, start + _BATCH)
        hz[part], aperiodicity[part] = _pitch(frames[part], lowest_hz, highest_hz)
    return Pitch(hz, aperiodicity)


def frames_of(samples: Samples) -> NDArray[np.float32]:
    """Return all whole frames of ``samples`` as views, `HOP` apart."""
    if len(samples) < FRAME:
        return np.zeros((0, FRAME), np.float32)
    return np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]


def _pitch(frames: NDArray[np.float32], lowest_hz: float, highest_hz: float) -> tuple[Curve, Curve]:
    shortest = max(2, int(SAMPLE_RATE_HZ / highest_hz))
    longest = min(_HALF - 1, int(SAMPLE_RATE_HZ / lowest_hz) + 2)
    normal = _normalised_difference(frames.astype(np.float64), longest + 1)
    middle = normal[:, shortest:longest]
    left, right = normal[:, shortest - 1 : longest - 1], normal[:, shortest + 1 : longest + 1]
    is_dip = (middle < left) & (middle <= right) & (middle < _DIP)
    lag = np.where(is_dip.any(axis=1), is_dip.argmax(axis=1), middle.argmin(axis=1)) + shortest
    row = np.arange(len(frames))
    before, here, after = normal[row, lag - 1], normal[row, lag], normal[row, lag + 1]
    bend = before - 2 * here + after
    shift = np.where(np.abs(bend) > 1e-12, 0.5 * (before - after) / np.where(bend == 0, 1, bend), 0)
    hz = (SAMPLE_RATE_HZ / (lag + np.clip(shift, -0.5, 0.5))).astype(np.float32)
    return hz, np.clip(here, 0, 2).astype(np.float32)


def _normalised_difference(frames: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Return YIN's cumulative mean normalised difference, ``(n, lags)``; 1 at lag 0."""
    size = scipy.fft.next_fast_len(FRAME + _HALF, real=True)
    spectra = scipy.fft.rfft(frames, size, axis=1)
    heads = scipy.fft.rfft(frames[:, :_HALF], size, axis=1)
    cross = scipy.fft.irfft(spectra * heads.conj(), size, axis=1)[:, :lags]
    power = np.concatenate([np.zeros((len(frames), 1)), np.cumsum(frames**2, axis=1)], axis=1)
    lag = np.arange(lags)
    difference = power[:, _HALF, None] + power[:, _HALF + lag] - power[:, lag] - 2 * cross
    # A silent frame has no period: all lags are equally good.
    floor = 1e-9 * (power[:, -1, None] + 1e-9)
    difference = np.maximum(difference, 0) + floor
    normal: NDArray[np.float64] = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] * lag[1:] / np.cumsum(difference[:, 1:], axis=1)
    return normal
