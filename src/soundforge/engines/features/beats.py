"""Beats: where they are, which of them begin a bar, and how many make one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.beat_tracking import rhythm
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording


def extract(recording: Recording) -> Finding:
    """Return ``beats_s``, ``downbeats_s``, ``beats_per_bar``, ``bar_confidence``, ``engine``.

    ``confidence`` (0..1) is that of the beats, ``bar_confidence`` that of the metre and of the
    bars' place. The engine ``flux`` knows no bars: ``beats_per_bar`` is None, there are no
    downbeats. Without a pulse there are no beats and both confidences are 0.
    """
    found = recording.once(rhythm.find)
    value = {
        "beats_s": np.round(found.beats_s, 4).tolist(),
        "downbeats_s": np.round(found.downbeats_s, 4).tolist(),
        "beats_per_bar": found.beats_per_bar,
        "confidence": found.confidence,
        "bar_confidence": found.bar_confidence,
        "engine": found.engine,
    }
    return Finding(value)


FEATURE: Final = Feature(
    "Beats and bars",
    rhythm.MEASURES,
    extract,
    listeners=rhythm.LISTENERS,
    listener_measures=rhythm.WITNESSES,
)
