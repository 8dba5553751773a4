"""Note chroma: the notes that were played, not their harmonics, whatever tuning and timbre."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import note_chroma
from tests.fixtures.listening import RATE_HZ, in_blocks, listen, noise, notes


def heard(signal):
    return note_chroma.note_chroma(listen(in_blocks(signal.astype(np.float32)), "key"))


def bright(pitch, duration_s=2.0):
    """A note whose harmonics are as strong as itself."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    hz = 440 * 2 ** ((pitch - 69) / 12)
    return 0.1 * np.sum([np.sin(2 * np.pi * hz * k * time_s) for k in range(1, 9)], axis=0)


@pytest.mark.parametrize("pitch", range(43, 84, 6))
def test_a_bright_note_is_one_pitch_class(pitch):
    treble = heard(bright(pitch)).treble.mean(axis=0)

    assert treble.argmax() == pitch % 12
    assert treble.max() > 0.6 * treble.sum()


@pytest.mark.parametrize("cents", [-45, -20, 0, 20, 45])
def test_the_tuning_makes_no_difference(cents):
    treble = heard(notes(3, 57, 60, 64, cents=cents)).treble.mean(axis=0)

    assert set(np.argsort(treble)[-3:]) == {9, 0, 4}


def test_the_bass_is_told_from_the_treble():
    chroma = heard(notes(3, 40) + notes(3, 72, 76, 79))

    assert chroma.bass.mean(axis=0).argmax() == 4
    assert set(np.argsort(chroma.treble.mean(axis=0))[-3:]) == {0, 4, 7}


def test_a_change_shows_within_a_window():
    chroma = heard(np.concatenate([notes(3, 60), notes(3, 66)]))

    change = chroma.treble[:, 6] > chroma.treble[:, 0]
    assert np.flatnonzero(change)[0] / note_chroma.FRAME_RATE_HZ == pytest.approx(3, abs=0.2)


def test_loudness_makes_no_difference_but_to_the_level():
    soft, loud = heard(0.01 * notes(2, 57, 60, 64)), heard(notes(2, 57, 60, 64))

    # Between pure partials there is nothing but rounding, which is whitened like anything else.
    np.testing.assert_allclose(soft.treble, loud.treble, atol=0.3)
    assert loud.treble.max() > 3
    np.testing.assert_allclose(100 * soft.level, loud.level, rtol=0.02)


@pytest.mark.parametrize("signal", [np.zeros(RATE_HZ), np.ones(1), noise(0.1), noise(3) * 1000])
def test_anything_makes_finite_chroma(signal):
    chroma = heard(signal)

    for part in (chroma.treble, chroma.bass, chroma.level):
        assert np.isfinite(part).all()
        assert part.min() >= 0
