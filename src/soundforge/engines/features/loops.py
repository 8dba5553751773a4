"""Loops: bars that go over into their own beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import beat_grid, self_similarity
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Recording

_MOST: Final = 5
_LEAST_SCORE: Final = 0.6
_UNITS: Final = {1: 0.7, 2: 0.85, 4: 1.0, 8: 0.97, 16: 0.9}  # how useful a loop of so many is
_SOFT_DB: Final = -20.0  # below the usual level nobody loops
_STEADY: Final = 0.15  # variation of a loop's bars in length at which it is no loop


@dataclass(frozen=True, slots=True)
class _Loop:
    first: int
    end: int
    score: float


def extract(recording: Recording) -> Finding:
    """Return ``loops``, the best first, at most five, the ``others``, and ``grid`` (bars or beats).

    Each has ``start_s``, ``end_s``, ``bars`` (None where only beats are known), ``beats`` and
    ``score``, 0.6..1: how like the bar at the end what follows there is to what follows at the
    beginning. No two overlap. Without beats there are no loops.
    """
    grid = beat_grid.grid(recording)
    if recording.level.is_silent or not len(grid.beats_s):
        return Finding({"loops": [], "others": [], "grid": None})
    heard = recording.once(self_similarity.self_similarity)
    has_bars = heard.kind == "bars"
    rows: list[dict[str, Any]] = []
    for one in _best(heard.likeness, heard.edges_s, heard.level_db):
        start_s, end_s = (float(heard.edges_s[at]) for at in (one.first, one.end))
        inside = (grid.beats_s >= start_s - 0.05) & (grid.beats_s < end_s - 0.05)
        rows.append(
            {
                "start_s": round(start_s, 3),
                "end_s": round(end_s, 3),
                "bars": one.end - one.first if has_bars else None,
                "beats": int(inside.sum()),
                "score": round(one.score, 3),
            }
        )
    return Finding({"loops": rows[:_MOST], "others": rows[_MOST:], "grid": heard.kind})


def _best(
    likeness: Matrix, edges_s: NDArray[np.float64], level_db: NDArray[np.float64]
) -> list[_Loop]:
    usual = float(np.median(likeness))
    floor_db = float(np.median(level_db)) + _SOFT_DB
    found = []
    for units, use in _UNITS.items():
        # The first and last unit reach to the ends of the file and are seldom whole.
        for first in range(1, len(likeness) - 1 - units):
            end = first + units
            seam = likeness[first, end] + likeness[first - 1, end - 1]
            fit = (float(seam) / 2 - usual) / max(1e-6, 1 - usual)
            lengths = np.diff(edges_s[first : end + 1])
            is_steady = np.ptp(lengths) <= _STEADY * lengths.mean()
            if fit * use >= _LEAST_SCORE and is_steady and level_db[first:end].min() > floor_db:
                found.append(_Loop(first, end, min(1.0, fit * use)))
    chosen: list[_Loop] = []
    for one in sorted(found, key=lambda one: -round(one.score, 2)):
        if all(one.end <= other.first or one.first >= other.end for other in chosen):
            chosen.append(one)
    return chosen


FEATURE: Final = Feature("Loops", self_similarity.MEASURES, extract, after=beat_grid.AFTER)
