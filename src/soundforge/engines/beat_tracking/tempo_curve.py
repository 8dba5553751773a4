"""From beats to tempi: how the tempo drifts, and what else a listener might count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines.beat_tracking import beats

if TYPE_CHECKING:
    from soundforge.engines.beat_tracking.beats import Curve

_SPAN_BEATS: Final = 16  # one regression: four bars
_STEP_BEATS: Final = 4
_SLOWEST_BPM: Final = 30.0
_FASTEST_BPM: Final = 300.0
_NAMES: Final = {0.5: "half", 2.0: "double"}


def alternatives(bpm: float | None, half: float, double: float) -> list[dict[str, Any]]:
    """Return the tempi of someone who counts half or twice as fast, where anyone would.

    Args:
        bpm: Tempo; None without a pulse.
        half: How far half of it might be meant, 0..1; the ``confidence`` of that one.
        double: The same of twice as much.
    """
    if bpm is None:
        return []
    sure = {0.5: half, 2.0: double}
    return [
        {"relation": name, "bpm": bpm * factor, "confidence": round(sure[factor], 3)}
        for factor, name in _NAMES.items()
        if _SLOWEST_BPM <= bpm * factor <= _FASTEST_BPM
    ]


def curve(beats_s: Curve) -> list[dict[str, float]]:
    """Return the local tempo: ``at_s`` and ``bpm`` by regression over sixteen beats.

    Every fourth beat has a point. Fewer than sixteen beats have no curve.
    """
    spans = range(0, len(beats_s) - _SPAN_BEATS + 1, _STEP_BEATS)
    points = []
    for start in spans:
        span = beats_s[start : start + _SPAN_BEATS]
        bpm, _ = beats.regression(span)
        points.append({"at_s": round(float(span.mean()), 3), "bpm": round(bpm, 2)})
    return points


def drift(points: list[dict[str, float]]) -> float | None:
    """Return the range of the local tempo as a share of its median; None without a curve.

    The outermost tenth of the points is left out: one stumble is no drift.
    """
    if not points:
        return None
    bpm = np.array([point["bpm"] for point in points])
    low, middle, high = np.quantile(bpm, [0.05, 0.5, 0.95])
    return float((high - low) / middle)
