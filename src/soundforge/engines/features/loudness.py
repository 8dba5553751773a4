"""Loudness: as broadcasters and streaming services measure it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from soundforge.engines.feature import Feature, Finding
from soundforge.engines.loudness_meter import LoudnessMeter

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording

_FLOOR_LUFS: Final = -120.0


def extract(recording: Recording) -> Finding:
    """Return ``integrated_lufs``, ``range_lu``, ``true_peak_dbtp`` and ``max_momentary_lufs``.

    BS.1770 and Tech 3342. None for what cannot be known: of silence all, of less than 400 ms
    everything but the peak, the range of less than three seconds. The matrix
    ``momentary_lufs`` has ten values per second, -120 at least.
    """
    meter = cast("LoudnessMeter", recording.meters["loudness"])
    momentary = np.maximum(meter.momentary_lufs, _FLOOR_LUFS).astype(np.float32)
    is_silent = recording.level.is_silent
    integrated = None if is_silent else meter.integrated_lufs
    is_heard = integrated is not None
    value = {
        "integrated_lufs": integrated,
        "range_lu": meter.range_lu if is_heard else None,
        "true_peak_dbtp": None if is_silent else meter.true_peak_dbtp,
        "max_momentary_lufs": float(momentary.max()) if is_heard else None,
    }
    return Finding(value, {"momentary_lufs": momentary})


FEATURE: Final = Feature("Loudness", {}, extract, meters={"loudness": LoudnessMeter})
