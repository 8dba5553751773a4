"""Energy: how loud the recording is.

The number called energy is the root-mean-square level on a scale from 0 (silence) to 1 (a
full-scale square wave), over all channels at the recording's own sample rate.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from soundforge.engines.energy_curve import rms
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording


def extract(recording: Recording) -> Finding:
    """Return ``rms`` (0..1), ``peak`` (0..1, more in a float file) and ``rms_dbfs``.

    ``rms_dbfs`` is 20 log10 of the level: 0 for a full-scale square wave, -3.01 for a sine,
    None for silence. Only it tells how far a float file goes beyond full scale.
    """
    level = recording.level
    value = {
        "rms": min(1.0, level.rms),
        "peak": level.peak,
        "rms_dbfs": 20 * math.log10(level.rms) if level.rms > 0 else None,
    }
    return Finding(value, {"rms": recording.column("rms")})


FEATURE: Final = Feature("Energy", {"rms": rms}, extract)
