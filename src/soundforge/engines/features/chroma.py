"""Chroma: how strong each of the twelve pitch classes is, over time and on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import chromagram
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording


def extract(recording: Recording) -> Finding:
    """Return ``mean`` and ``std`` per pitch class from C, 0..1, and the tuning in cents.

    ``tuning_cents`` is the distance from A = 440 Hz, -50 to 50. All None in silence.
    """
    chroma = chromagram.chroma(recording).T
    wide = chroma.astype(np.float64)
    is_silent = recording.level.is_silent
    value = {
        "mean": None if is_silent else wide.mean(axis=1).tolist(),
        "std": None if is_silent else wide.std(axis=1).tolist(),
        "tuning_cents": None if is_silent else round(100 * chromagram.tuning(recording)),
    }
    return Finding(value, {"chroma": chroma})


FEATURE: Final = Feature("Pitch classes", chromagram.MEASURES, extract)
