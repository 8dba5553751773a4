"""The beats that other features stand on, where there are any worth it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import trust

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Recording

#: Features that stand on the grid come after this one.
AFTER: Final = ("beats",)

_FEWEST_BEATS: Final = 8


@dataclass(frozen=True, slots=True)
class Grid:
    """Beats and the first beats of bars, in seconds, rising; both may be empty."""

    beats_s: NDArray[np.float64]
    downbeats_s: NDArray[np.float64]


def grid(recording: Recording) -> Grid:
    """Return the beats that were found before, if they were asked for and can be trusted."""
    nothing = np.zeros(0)
    beats = recording.found["beats"].value if "beats" in recording.found else {}
    beats_s = np.asarray(beats.get("beats_s") or [], np.float64)
    if len(beats_s) < _FEWEST_BEATS or (beats.get("confidence") or 0.0) < trust.LEAST_BEATS:
        return Grid(nothing, nothing)
    if (beats.get("bar_confidence") or 0.0) < trust.LEAST_BARS:
        return Grid(beats_s, nothing)
    return Grid(beats_s, np.asarray(beats.get("downbeats_s") or [], np.float64))
