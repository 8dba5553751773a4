"""MFCC: thirteen numbers for the timbre, from the mel spectrum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import mel
from soundforge.engines.feature import NO_SUMMARY, Feature, Finding, summary

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Recording

COEFFICIENTS: Final = 13


def extract(recording: Recording) -> Finding:
    """Return ``mean`` and ``std`` of each coefficient over the frames; None in silence."""
    frames = [levels @ _COSINES for levels in mel.clipped(recording.columns["mel_db"])]
    mfcc = np.concatenate(frames).T
    value = NO_SUMMARY if recording.level.is_silent else summary(mfcc)
    return Finding(value, {"mfcc": mfcc})


def _cosines() -> NDArray[np.float32]:
    """Return the orthonormal cosine transform (type II), ``(128, 13)``."""
    angle = np.pi * (np.arange(mel.BANDS)[:, None] + 0.5) * np.arange(COEFFICIENTS) / mel.BANDS
    basis = np.cos(angle) * np.sqrt(2 / mel.BANDS)
    basis[:, 0] /= np.sqrt(2)
    single: NDArray[np.float32] = basis.astype(np.float32)
    return single


_COSINES: Final = _cosines()

FEATURE: Final = Feature("Timbre", {"mel_db": mel.mel_db}, extract)
