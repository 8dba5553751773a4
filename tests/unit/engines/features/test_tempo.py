"""Tempo: right on a pulse, and no number where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.audio import clicks
from tests.fixtures.listening import RATE_HZ, find, noise, notes, sweep


def tempo(signal):
    return find(signal, "tempo").value


@pytest.mark.parametrize("bpm", [75, 97, 110, 120, 126, 140])
def test_tempo_of_clicks_is_exact_to_a_tenth(bpm):
    found = tempo(clicks(20, bpm, rate_hz=RATE_HZ))

    # The lags of the autocorrelation alone would say 117.5 or 123.0 for 120.
    assert found["bpm"] == pytest.approx(bpm, abs=0.1)
    assert found["confidence"] > 0.5


def test_beats_are_where_the_clicks_are():
    beats_s = np.array(tempo(clicks(20, 120, rate_hz=RATE_HZ))["beats_s"])

    nearest = np.round(beats_s / 0.5) * 0.5
    # The onset shows when the click enters the window: two frames of 23 ms at most.
    assert np.abs(beats_s - nearest).max() < 0.05
    assert len(beats_s) >= 36


def test_confidence_falls_when_the_beats_are_buried():
    buried = clicks(20, 120, rate_hz=RATE_HZ)[:, 0] * 0.05 + noise(20)

    assert tempo(buried)["confidence"] < tempo(clicks(20, 120, rate_hz=RATE_HZ))["confidence"]


NO_PULSE = {
    "silence": np.zeros(5 * RATE_HZ),
    "noise": noise(20),
    "one click": clicks(8, 6, rate_hz=RATE_HZ),
    "a held chord": notes(12, 57, 60, 64),
    "a glide": sweep(12),
    "a tenth of a second": noise(0.1),
    "direct current": np.full(5 * RATE_HZ, 0.5),
    "one sample": np.ones(1),
}


@pytest.mark.parametrize("name", NO_PULSE)
def test_without_a_pulse_there_is_no_tempo(name):
    assert tempo(NO_PULSE[name]) == {
        "bpm": None,
        "confidence": 0.0,
        "beats_s": [],
        "alternatives": [],
        "drift": None,
        "curve": [],
        "engine": "flux",
    }


def test_onset_strength_has_one_value_per_frame():
    finding = find(noise(3), "tempo")

    assert finding.matrices["onset_strength"].shape == (1 + 3 * RATE_HZ // 512,)
