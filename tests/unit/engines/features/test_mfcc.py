"""MFCC: shape, and what it does and does not depend on."""

from __future__ import annotations

import numpy as np

from tests.fixtures.listening import RATE_HZ, find, noise, notes


def test_there_are_thirteen_per_frame():
    finding = find(noise(2), "mfcc")

    assert finding.matrices["mfcc"].shape == (13, 1 + 2 * RATE_HZ // 512)
    assert len(finding.value["mean"]) == len(finding.value["std"]) == 13


def test_loudness_moves_the_first_coefficient_only():
    loud, quiet = noise(2), noise(2) * np.float32(0.1)

    difference = np.subtract(find(loud, "mfcc").value["mean"], find(quiet, "mfcc").value["mean"])

    assert difference[0] > 200  # 20 dB in each of 128 bands, over the root of 128
    np.testing.assert_allclose(difference[1:], 0, atol=0.01)


def test_timbres_differ():
    tone, hiss = (find(signal, "mfcc").value["mean"] for signal in (notes(2, 57), noise(2)))

    assert abs(tone[1] - hiss[1]) > 50


def test_silence_has_no_timbre():
    assert find(np.zeros(RATE_HZ), "mfcc").value == {"mean": None, "std": None}
