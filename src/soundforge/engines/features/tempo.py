"""Tempo: beats per minute, where the beats are, and how far to trust them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import beats, mel
from soundforge.engines.feature import Feature, Finding
from soundforge.engines.spectrum import FRAME_RATE_HZ

if TYPE_CHECKING:
    from soundforge.engines.feature import Matrix, Recording

_FEWEST_BEATS: Final = 4
_UNSTEADY: Final = 0.2  # variation of the beat intervals at which nothing is left of the trust
_CHANCE_SIGMA: Final = 4.0
_LEAST_RISE_DB: Final = 0.75  # less is hardly heard: a held chord that beats, a glide


def extract(recording: Recording) -> Finding:
    """Return ``bpm``, ``confidence`` (0..1) and ``beats_s``, the times of the beats.

    The confidence is the likeness of the onsets some beats apart, lowered by uneven beats.
    Without a pulse (silence, noise, a single hit) ``bpm`` is None, the confidence 0 and
    there are no beats.
    """
    onset = beats.onset_strength(recording.columns["mel_db"])
    bpm, confidence, beats_s = None, 0.0, np.zeros(0)
    if not recording.level.is_silent and onset.any():
        bpm, confidence, beats_s = _pulse(onset)
    value = {"bpm": bpm, "confidence": confidence, "beats_s": np.round(beats_s, 4).tolist()}
    return Finding(value, {"onset_strength": onset})


def _pulse(onset: Matrix) -> tuple[float | None, float, np.ndarray]:
    nothing = None, 0.0, np.zeros(0)
    rough_bpm = beats.lag_tempo_bpm(beats.periodicity(onset))
    pulse = beats.pulse(onset, rough_bpm)
    # Uncorrelated onsets are alike by chance, by 1 / sqrt(frames) on average.
    if pulse < _CHANCE_SIGMA / np.sqrt(len(onset)):
        return nothing
    frames = beats.track(onset, rough_bpm)
    if len(frames) < _FEWEST_BEATS or beats.rise_db(onset, frames) < _LEAST_RISE_DB:
        return nothing
    beats_s = frames / FRAME_RATE_HZ
    bpm, variation = beats.regression(beats_s)
    return bpm, pulse * max(0.0, 1 - variation / _UNSTEADY), beats_s


FEATURE: Final = Feature("Tempo", {"mel_db": mel.mel_db}, extract)
