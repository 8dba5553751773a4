"""Tempo: beats per minute, how it drifts, and how far to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.beat_tracking import rhythm, tempo_curve
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording

_STEADY: Final = 0.02  # a smaller drift is not worth a curve


def extract(recording: Recording) -> Finding:
    """Return ``bpm``, ``confidence`` (0..1), ``beats_s``, ``alternatives``, ``drift``, ``curve``.

    Each of ``alternatives`` has its ``relation`` (half, double), ``bpm`` and ``confidence``:
    0 where nobody would count so, 1 where that is as good. ``drift`` is the range of the local tempo as a share; ``curve`` has its points where that is
    more than 2 %. ``engine`` says who found the beats: ``beatnet``, or ``flux`` where BeatNet's
    weights are not there. Without a pulse (silence, noise, a single hit) ``bpm`` is None, the
    confidence 0 and there are no beats.
    """
    found = recording.once(rhythm.find)
    points = tempo_curve.curve(found.beats_s)
    drift = tempo_curve.drift(points)
    value = {
        "bpm": found.bpm,
        "confidence": found.confidence,
        "beats_s": np.round(found.beats_s, 4).tolist(),
        "alternatives": tempo_curve.alternatives(found.bpm, found.half, found.double),
        "drift": drift,
        "curve": points if drift is not None and drift > _STEADY else [],
        "engine": found.engine,
    }
    return Finding(value, {"onset_strength": recording.once(rhythm.onset_strength)})


FEATURE: Final = Feature(
    "Tempo",
    rhythm.MEASURES,
    extract,
    listeners=rhythm.LISTENERS,
    listener_measures=rhythm.WITNESSES,
)
