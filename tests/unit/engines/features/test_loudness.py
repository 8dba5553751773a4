"""Loudness: numbers for what can be heard, none for the rest."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.listening import RATE_HZ, find, noise, notes

NOTHING = {
    "integrated_lufs": None,
    "range_lu": None,
    "true_peak_dbtp": None,
    "max_momentary_lufs": None,
}


def loudness(signal):
    return find(signal, "loudness").value


def test_twice_the_amplitude_is_six_units_more():
    soft, loud = loudness(0.1 * notes(4, 69)), loudness(0.2 * notes(4, 69))

    for name in ("integrated_lufs", "true_peak_dbtp", "max_momentary_lufs"):
        assert loud[name] - soft[name] == pytest.approx(6.02, abs=0.01)


def test_a_loud_and_a_soft_passage_are_a_range():
    found = loudness(np.concatenate([noise(10), 0.1 * noise(10)]))

    assert found["range_lu"] == pytest.approx(20, abs=1)


def test_the_curve_has_ten_values_per_second():
    curve = find(noise(3), "loudness").matrices["momentary_lufs"]

    assert curve.shape == (27,)  # the first when 400 ms were heard


@pytest.mark.parametrize("signal", [np.zeros(2 * RATE_HZ), np.full(2 * RATE_HZ, 0.5)])
def test_silence_has_no_loudness(signal):
    assert loudness(signal) == NOTHING


def test_beyond_full_scale_is_told():
    assert loudness(4 * notes(2, 69))["true_peak_dbtp"] > 0
