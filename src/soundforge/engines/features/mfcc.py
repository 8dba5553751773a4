"""MFCC: thirteen numbers for the timbre, from the mel spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import mel
from soundforge.engines.feature import NO_SUMMARY, Feature, Finding, summary

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording

COEFFICIENTS: Final = 13


def extract(recording: Recording) -> Finding:
    """Return ``mean`` and ``std`` of each coefficient over the frames; None in silence."""
    frames = [levels @ _COSINES for levels in mel.clipped(recording.columns["mel_db"])]
    mfcc = np.concatenate(frames).T
    value = NO_SUMMARY if recording.level.is_silent else summary(mfcc)
    return Finding(value, {"mfcc": mfcc})


_COSINES: Final = mel.cosines(COEFFICIENTS)

FEATURE: Final = Feature("Timbre", {"mel_db": mel.mel_db}, extract)
