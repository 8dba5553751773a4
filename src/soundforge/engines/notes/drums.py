"""Drum hits by class out of a drum stem.

A hit is a sudden rise over the whole spectrum. What it is, its bands say: a kick gains in the
lowest, a snare in the noise of the middle, cymbals and hats in the highest. How much is much
is measured against the strong hits of the same stem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.fft
import scipy.ndimage
from numpy.typing import NDArray

from soundforge.engines.notes import Note
from soundforge.engines.stft import hann

if TYPE_CHECKING:
    from soundforge.engines.spectrum import Samples

Matrix = NDArray[np.float32]

SAMPLE_RATE_HZ: Final = 22_050
#: General MIDI percussion keys of the classes; a tom stands for what is none of the others.
KEYS: Final = {"kick": 36, "snare": 38, "hat": 42, "other": 45}
_HOP: Final = 256
_WINDOW: Final = 1024
_BANDS_HZ: Final = ((30, 130), (150, 400), (400, 1500), (1500, 5000), (7000, 11_000))
_LOW, _, _MIDDLE, _NOISE, _HIGH = range(len(_BANDS_HZ))
_FLOOR: Final = 1e-3
_RISE: Final = 0.15  # of the log bands over their surroundings
_HIT_FRAMES: Final = 5
_LENGTH_S: Final = 0.06  # length of a hit's note: a drum has no end of its own
_STRONG: Final = 0.9  # quantile of the gains that counts as a strong hit of a band
_FAINT: Final = 0.02  # a band below this share of the loudest has no drum of its own
_BATCH: Final = 2048
_RANGE_DB: Final = 40.0


class Listener:
    """Hears mono samples at 22,050 Hz once; keeps the power of five bands per frame."""

    def __init__(self) -> None:
        self._pending: Samples = np.zeros(_WINDOW // 2, np.float32)
        self._window = hann(_WINDOW)
        self._powers: list[Matrix] = []
        bins = [
            (int(np.ceil(low * _WINDOW / SAMPLE_RATE_HZ)), int(high * _WINDOW / SAMPLE_RATE_HZ) + 1)
            for low, high in _BANDS_HZ
        ]
        self._bins = bins

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""
        self._pending = np.concatenate([self._pending, samples])
        ready = (len(self._pending) - _WINDOW) // _HOP + 1
        if ready >= _BATCH:
            self._take(ready)

    def finish(self) -> Matrix:
        """Return the power of each band, ``(frames, 5)``, a frame per 11.6 ms."""
        self._pending = np.pad(self._pending, (0, _WINDOW // 2))
        self._take((len(self._pending) - _WINDOW) // _HOP + 1)
        return np.concatenate(self._powers)

    def _take(self, ready: int) -> None:
        views = np.lib.stride_tricks.sliding_window_view(self._pending, _WINDOW)
        frames = views[: ready * _HOP : _HOP][:ready]
        for start in range(0, ready, _BATCH):
            spectra = scipy.fft.rfft(frames[start : start + _BATCH] * self._window, axis=1)
            power = spectra.real**2 + spectra.imag**2
            bands = [power[:, low:high].sum(axis=1) for low, high in self._bins]
            self._powers.append(np.stack(bands, axis=1).astype(np.float32))
        self._pending = self._pending[ready * _HOP :].copy()


def hits(powers: Matrix) -> list[Note]:
    """Return the hits of a drum stem in order; several classes may be hit at once."""
    loudest = powers.max(axis=0, initial=0.0)
    if loudest.max(initial=0.0) <= 1e-6:
        return []
    frames = _onsets(powers, loudest)
    gains = _gains(powers, frames)
    if not len(frames):
        return []
    strong = np.quantile(gains, _STRONG, axis=0)
    relative = gains / np.maximum(strong, _FAINT * strong.max()).clip(1e-9)
    total = gains.sum(axis=1)
    levels_db = 20 * np.log10(np.maximum(total / np.quantile(total, _STRONG), 1e-6))
    found = []
    for frame, parts, level_db in zip(frames.tolist(), relative, levels_db, strict=True):
        strength = float(np.clip(1 + level_db / _RANGE_DB, 0.05, 1.0))
        onset_s = frame * _HOP / SAMPLE_RATE_HZ
        found += [
            Note(onset_s, onset_s + _LENGTH_S, KEYS[name], strength) for name in _classes(parts)
        ]
    return sorted(found)


def _onsets(powers: Matrix, loudest: Matrix) -> NDArray[np.int64]:
    curves = np.log(powers + _FLOOR * loudest + 1e-9)
    rise = np.zeros(len(powers))
    rise[2:] = np.maximum(curves[2:] - curves[:-2], 0).mean(axis=1)
    highest = scipy.ndimage.maximum_filter1d(rise, _HIT_FRAMES, mode="constant")
    usual = scipy.ndimage.uniform_filter1d(rise, 41, mode="nearest")
    return np.flatnonzero((rise == highest) & (rise > usual + _RISE))


def _gains(powers: Matrix, frames: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return by how much amplitude each band gained at each hit."""
    gains = np.zeros((len(frames), len(_BANDS_HZ)))
    for row, frame in enumerate(frames):
        before = powers[max(0, frame - 4) : max(1, frame - 1)].min(axis=0)
        gains[row] = np.sqrt(np.maximum(powers[frame : frame + 5].max(axis=0) - before, 0))
    return gains


def _classes(gain: NDArray[np.float64]) -> list[str]:
    is_snare = gain[_NOISE] > 0.35 and gain[_MIDDLE] > 0.3
    # A snare's noise reaches the hats' band: under a snare, a hat must be loud to count.
    is_hat = gain[_HIGH] > (0.5 if is_snare else 0.08)
    found = {"kick": gain[_LOW] > 0.3, "snare": is_snare, "hat": is_hat}
    return [name for name, is_hit in found.items() if is_hit] or ["other"]
