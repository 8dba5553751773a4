"""Spectral shape of signals with a known one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.listening import RATE_HZ, find, noise

NAMES = {
    "centroid_hz",
    "rolloff_hz",
    "bandwidth_hz",
    "contrast_db",
    "flatness",
    "zero_crossing_rate",
}


def sine(hz, duration_s=2.0):
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return 0.5 * np.sin(2 * np.pi * hz * time_s)


def mean(signal, name):
    return find(signal, "spectral").value[name]["mean"]


@pytest.mark.parametrize("hz", [200, 1000, 5000])
def test_all_of_a_sine_lies_at_its_frequency(hz):
    curves = find(sine(hz), "spectral").matrices

    middle = slice(5, -5)  # the ends look over the edge of the recording
    assert curves["centroid_hz"][middle] == pytest.approx(hz, rel=0.02)
    assert curves["rolloff_hz"][middle] == pytest.approx(hz, abs=22)  # two bins
    assert curves["zero_crossing_rate"][middle] == pytest.approx(2 * hz / RATE_HZ, rel=0.03)


def test_white_noise_is_flat_and_centred():
    assert mean(noise(5), "flatness") == pytest.approx(0.56, abs=0.03)  # e to the minus gamma
    assert mean(noise(5), "centroid_hz") == pytest.approx(RATE_HZ / 4, rel=0.05)
    assert mean(noise(5), "rolloff_hz") == pytest.approx(0.85 * RATE_HZ / 2, rel=0.05)


def test_a_tone_has_more_contrast_than_noise_in_its_octave():
    tone, hiss = mean(sine(1000) + noise(2) * 0.01, "contrast_db"), mean(noise(2), "contrast_db")

    assert len(tone) == 7
    assert tone[3] > hiss[3] + 20  # 800 to 1600 Hz


def test_silence_has_no_shape():
    value = find(np.zeros(RATE_HZ), "spectral").value

    assert value == {name: {"mean": None, "std": None} for name in NAMES}


@pytest.mark.parametrize("samples", [1, 100, 2048])
def test_short_signals_have_finite_curves(samples):
    finding = find(noise(1)[:samples], "spectral")

    assert finding.matrices.keys() == NAMES
    assert all(np.isfinite(curve).all() for curve in finding.matrices.values())
    assert {curve.shape[-1] for curve in finding.matrices.values()} == {1 + samples // 512}


def test_sign_changes_are_counted_across_blocks_and_not_at_the_edges():
    alternating = np.tile(np.float32([-0.5, 0.5]), 100_000)

    curve = find(alternating, "spectral").matrices["zero_crossing_rate"]

    assert curve[2:-2] == pytest.approx(2047 / 2048)
    assert curve[0] == pytest.approx(1023 / 2048)
