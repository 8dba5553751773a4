"""Beats from an onset curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines.beat_tracking import beats
from soundforge.engines.spectrum import FRAME_RATE_HZ


def onsets(bpm: float, duration_s: float = 20.0):
    """Peaks of three frames, one per beat, on an otherwise empty curve."""
    curve = np.zeros(round(duration_s * FRAME_RATE_HZ), np.float32)
    at = np.round(np.arange(1, duration_s - 1, 60 / bpm) * FRAME_RATE_HZ).astype(int)
    for offset, height in ((-1, 2), (0, 10), (1, 3)):
        curve[at + offset] += height
    return curve, at


@pytest.mark.parametrize("bpm", [70, 90, 120, 140, 170])
def test_tracked_beats_are_the_onsets(bpm):
    curve, at = onsets(bpm)

    found = beats.track(curve, bpm)

    assert len(found) == len(at)
    assert np.abs(found - at).max() <= 1


def test_the_strongest_lag_is_the_tempo():
    curve, _ = onsets(120)

    # Lags are whole frames: 21 and 22 are 123.0 and 117.5 BPM.
    assert beats.lag_tempo_bpm(beats.periodicity(curve)) == pytest.approx(120, abs=3.1)


@given(
    bpm=st.floats(40, 300),
    start_s=st.floats(0, 10),
    missing=st.sets(st.integers(1, 38), max_size=10),
)
def test_regression_finds_the_tempo_of_any_grid_even_with_gaps(bpm, start_s, missing):
    numbers = np.array([n for n in range(40) if n not in missing])

    found_bpm, variation = beats.regression(start_s + numbers * 60 / bpm)

    assert found_bpm == pytest.approx(bpm, rel=1e-6)
    assert variation == pytest.approx(0, abs=1e-6)


def test_regression_averages_the_grid_of_the_frames_away():
    rounded = np.round(np.arange(100) * 60 / 126 * FRAME_RATE_HZ) / FRAME_RATE_HZ

    bpm, _ = beats.regression(rounded)

    assert bpm == pytest.approx(126, rel=1e-4)


def test_uneven_beats_show_in_the_variation():
    rng = np.random.default_rng(1)

    _, variation = beats.regression(np.arange(100) * 0.5 + rng.normal(0, 0.05, 100))

    assert 0.1 < variation < 0.2


def test_pulse_is_high_for_a_pulse_and_low_for_noise():
    curve, _ = onsets(120)
    noise = np.random.default_rng(1).random(len(curve)).astype(np.float32)

    assert beats.pulse(curve, 120) > 0.7
    assert beats.pulse(noise, 120) < 0.15


@pytest.mark.parametrize(
    "curve",
    [np.zeros(1), np.zeros(50), np.ones(3), np.eye(1, 500)[0], np.linspace(0, 1, 400)],
    ids=["one frame", "nothing", "constant", "one onset", "ramp"],
)
def test_odd_curves_are_tracked_without_harm(curve):
    curve = curve.astype(np.float32)

    assert np.isfinite(beats.lag_tempo_bpm(beats.periodicity(curve)))
    assert 0 <= beats.pulse(curve, 120) <= 1
    assert len(beats.track(curve, 120)) <= len(curve)
