"""Energy: the level on a scale from silence to a full-scale square wave."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.listening import RATE_HZ, find, noise


def energy(signal):
    return find(signal, "energy").value


def square():
    return np.tile(np.float32([1, -1]), RATE_HZ)


def test_a_full_scale_square_wave_has_energy_one():
    assert energy(square()) == pytest.approx({"rms": 1.0, "peak": 1.0, "rms_dbfs": 0.0})


def test_half_the_amplitude_is_half_the_energy():
    found = energy(square() / 2)

    assert found["rms"] == pytest.approx(0.5)
    assert found["rms_dbfs"] == pytest.approx(-6.02, abs=0.01)


def test_a_sine_is_three_decibels_below_its_peak():
    found = energy(np.sin(2 * np.pi * 100 * np.arange(RATE_HZ) / RATE_HZ))

    assert found["rms_dbfs"] == pytest.approx(-3.01, abs=0.01)


def test_stereo_in_opposite_phase_has_its_energy():
    assert energy(np.stack([square(), -square()], axis=1))["rms"] == pytest.approx(1.0)


def test_silence_has_energy_zero_and_no_decibels():
    assert energy(np.zeros(1000)) == {"rms": 0.0, "peak": 0.0, "rms_dbfs": None}


def test_energy_never_exceeds_one_and_decibels_tell_the_rest():
    found = energy(4 * square())

    assert (found["rms"], found["peak"]) == (1.0, 4.0)
    assert found["rms_dbfs"] == pytest.approx(12.04, abs=0.01)


def test_the_curve_is_the_level_of_each_frame():
    signal = np.concatenate([np.zeros(RATE_HZ), noise(1)])

    curve = find(signal, "energy").matrices["rms"]

    assert curve[5] == 0
    assert curve[60] == pytest.approx(0.1, rel=0.1)
