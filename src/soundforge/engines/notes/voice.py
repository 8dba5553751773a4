"""One voice, frame by frame: pitch, level, and how much of what is heard is new.

Onsets are seen in the whole spectrum, after S. Böck, G. Widmer, "Maximum filter vibrato
suppression for onset detection", DAFx 2013: a period needs longer to show than an attack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import scipy.fft

from soundforge.engines.notes import yin
from soundforge.engines.stft import hann

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.notes.yin import Curve
    from soundforge.engines.spectrum import Samples

FRAME_S: Final = yin.HOP / yin.SAMPLE_RATE_HZ
_WINDOW: Final = 1024
_BINS: Final = int(6000 * _WINDOW / yin.SAMPLE_RATE_HZ)
_LAG: Final = 2
_FLOOR: Final = 1e-3  # 60 dB below the loudest partial
_BATCH: Final = 512


class Track(NamedTuple):
    """A whole voice, one value per frame of `FRAME_S`, the first at 0 s.

    ``novelty`` is the mean rise of the log spectrum over two frames, ``level`` the
    root-mean-square over 46 ms.
    """

    hz: Curve
    aperiodicity: Curve
    level: Curve
    novelty: Curve


class Listener:
    """Hears mono samples at 22,050 Hz once; keeps four numbers per frame.

    Args:
        lowest_hz: The deepest note.
        highest_hz: The highest note.
    """

    def __init__(self, lowest_hz: float, highest_hz: float) -> None:
        self._range_hz = (lowest_hz, highest_hz)
        # Frames are centred: the first half of the first one lies before the start.
        self._pending: Samples = np.zeros(yin.FRAME // 2, np.float32)
        self._before: NDArray[np.float32] = np.zeros((_LAG, _BINS), np.float32)
        self._loudest = 0.0
        self._window = hann(_WINDOW)
        self._tracks: list[Track] = []

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""
        self._pending = np.concatenate([self._pending, samples])
        ready = (len(self._pending) - yin.FRAME) // yin.HOP + 1
        if ready >= _BATCH:
            self._take(ready)

    def finish(self) -> Track:
        """Return what was heard: ``n // HOP + 1`` frames of ``n`` samples."""
        self._pending = np.pad(self._pending, (0, yin.FRAME // 2))
        self._take((len(self._pending) - yin.FRAME) // yin.HOP + 1)
        curves = zip(*self._tracks, strict=True)
        return Track(*(np.concatenate(curve) for curve in curves))

    def _take(self, ready: int) -> None:
        frames = yin.frames_of(self._pending)[:ready]
        for start in range(0, ready, _BATCH):
            self._tracks.append(self._track(frames[start : start + _BATCH]))
        self._pending = self._pending[ready * yin.HOP :].copy()

    def _track(self, frames: NDArray[np.float32]) -> Track:
        pitch = yin.pitch(frames, *self._range_hz)
        edge = (yin.FRAME - _WINDOW) // 2
        middle = frames[:, edge : edge + _WINDOW]
        level = np.sqrt(np.mean(middle**2, axis=1))
        spectra = np.abs(scipy.fft.rfft(middle * self._window, axis=1))[:, :_BINS]
        return Track(pitch.hz, pitch.aperiodicity, level, self._novelty(spectra))

    def _novelty(self, spectra: NDArray[np.float32]) -> Curve:
        self._loudest = max(self._loudest, float(spectra.max(initial=0.0)), 1e-6)
        rows = np.log(np.concatenate([self._before, spectra]) + _FLOOR * self._loudest)
        self._before = spectra[-_LAG:] if len(spectra) >= _LAG else self._before
        # Against the loudest neighbour: a partial that only glides is not new.
        around = np.pad(rows, ((0, 0), (1, 1)), constant_values=-np.inf)
        old = np.maximum(np.maximum(around[:, :-2], around[:, 1:-1]), around[:, 2:])
        rise: Curve = np.maximum(rows[_LAG:] - old[:-_LAG], 0).mean(axis=1).astype(np.float32)
        return rise
