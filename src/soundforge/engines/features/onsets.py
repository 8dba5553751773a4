"""Onsets: where something begins to sound, from the rise of the mel levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import running
from soundforge.engines.beat_tracking import rhythm
from soundforge.engines.feature import Feature, Finding
from soundforge.engines.spectrum import FRAME_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Recording

_APART: Final = 5  # frames in which one onset is the strongest: 116 ms
_AROUND: Final = 43  # frames of the mean that an onset must exceed: one second
_LEAST_RISE_DB: Final = 1.2  # above that mean; noise alone comes to 0.9 (measured)
# The rise is dated to the centre of the window that shows it first, and a hop on: measured on
# clicks, they come 0.8 frames late. The first frames rise out of the padding.
_DELAY_FRAMES: Final = 0.8
_PADDED: Final = 4


def extract(recording: Recording) -> Finding:
    """Return ``times_s`` (rising), ``strengths_db`` (the rise at each) and ``per_second``.

    Silence, noise and held tones have none. The times are exact to about 25 ms.
    """
    rise = recording.once(rhythm.onset_strength)
    at = np.zeros(0, np.int64) if recording.level.is_silent else _peaks(rise)
    times_s = np.maximum(0, (at - _DELAY_FRAMES) / FRAME_RATE_HZ)
    duration_s = recording.duration_s
    value = {
        "times_s": np.round(times_s, 3).tolist(),
        "strengths_db": np.round(rise[at].astype(np.float64), 2).tolist(),
        "per_second": len(at) / duration_s if duration_s else 0.0,
    }
    return Finding(value)


def _peaks(rise: Matrix) -> NDArray[np.int64]:
    threshold = running.mean(rise, _AROUND) + np.float32(_LEAST_RISE_DB)
    is_peak = (rise == running.maximum(rise, _APART)) & (rise > threshold)
    is_peak[:_PADDED] = False
    return np.flatnonzero(is_peak)


FEATURE: Final = Feature("Onsets", rhythm.MEASURES, extract)
