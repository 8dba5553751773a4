"""Constant-Q magnitudes: those of the reference, at the right bin, in tune with the recording."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import constant_q
from tests.fixtures.listening import RATE_HZ, noise, notes


def sine(hz, duration_s=2.0):
    return np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE_HZ)) / RATE_HZ).astype("f4")


@pytest.mark.parametrize("tuning", [0.0, -0.4])
def test_the_reference_says_the_same(tuning):
    librosa = pytest.importorskip("librosa")
    signal = 0.2 * noise(4) + notes(4, 40, 55, 64, 71)

    expected = librosa.hybrid_cqt(
        signal,
        sr=RATE_HZ,
        fmin=librosa.note_to_hz("F#0"),
        n_bins=288,
        bins_per_octave=36,
        tuning=tuning,
    ).T[:, 18:270]

    found = constant_q.magnitudes(signal, tuning)
    assert found.shape == expected.shape
    # Its filters are thinned out by a hundredth, and their lengths rounded at other rates.
    assert np.linalg.norm(found - expected) < 0.02 * np.linalg.norm(expected)


@pytest.mark.parametrize("place", [0, 1, 35, 36, 100, 180, 218, 219, 220, 251])
def test_a_sine_is_largest_at_its_own_bin(place):
    found = constant_q.magnitudes(sine(constant_q.LOWEST_HZ * 2 ** (place / 36), 4))

    assert found[len(found) // 2].argmax() == place


@pytest.mark.parametrize("cents", [-15, -5, 0, 10, 15])
def test_tuning_is_found_to_three_cents(cents):
    signal = notes(4, 60, 64, 67, cents=cents)

    # A bin is a third of a semitone, and what is just below half a bin is just above, too.
    off = constant_q.tuning(signal) - cents * 36 / 1200
    assert abs(off - round(off)) < 0.09


@pytest.mark.parametrize("length", [1, 2, 511, 512, 513, 5000])
def test_each_hop_that_begins_has_a_frame_however_short(length):
    found = constant_q.magnitudes(noise(1)[:length])

    assert found.shape == (1 + length // 512, constant_q.BINS)
    assert np.isfinite(found).all()


def test_silence_is_zero_and_has_no_tuning():
    silence = np.zeros(20_000, np.float32)

    assert not constant_q.magnitudes(silence).any()
    assert constant_q.tuning(silence) == 0


def test_what_happens_later_changes_nothing_before():
    """The lowest filter hears 1.6 s at once."""
    signal = notes(8, 40, 52, 64)
    cut = signal.copy()
    cut[-RATE_HZ:] = 0

    whole, shorter = constant_q.magnitudes(signal), constant_q.magnitudes(cut)

    stop = round(6 * RATE_HZ / 512)
    np.testing.assert_allclose(whole[:stop], shorter[:stop], atol=1e-4)
