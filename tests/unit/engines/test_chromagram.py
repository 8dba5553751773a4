"""Chroma: the right pitch class, whatever the tuning."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import chromagram
from tests.fixtures.listening import in_blocks, listen, noise, notes

A4 = 69


def heard(signal):
    return listen(in_blocks(signal), "chroma")


@pytest.mark.parametrize("pitch", range(48, 84, 5))
def test_a_note_is_strongest_at_its_pitch_class(pitch):
    chroma = chromagram.chroma(heard(notes(2, pitch)))

    assert chroma.mean(axis=0).argmax() == pitch % 12


@pytest.mark.parametrize("cents", [-45, -30, -10, 0, 10, 30, 45])
def test_tuning_is_found_to_five_cents(cents):
    recording = heard(notes(4, A4, A4 + 4, A4 + 7, cents=cents))

    # One bin of the histogram is 1 cent; a parabola through powers errs by up to 4.
    assert 100 * chromagram.tuning(recording) == pytest.approx(cents, abs=5)


def test_chroma_does_not_depend_on_the_tuning():
    in_tune = chromagram.chroma(heard(notes(4, A4, A4 + 4, A4 + 7))).mean(axis=0)
    sharp = chromagram.chroma(heard(notes(4, A4, A4 + 4, A4 + 7, cents=30))).mean(axis=0)

    np.testing.assert_allclose(sharp, in_tune, atol=0.02)


def test_each_frame_with_sound_has_its_largest_at_one():
    chroma = chromagram.chroma(heard(noise(2)))

    np.testing.assert_allclose(chroma.max(axis=1), 1.0)
    assert chroma.min() >= 0


def test_silence_has_no_chroma_and_no_tuning():
    recording = heard(np.zeros(22_050, np.float32))

    assert not chromagram.chroma(recording).any()
    assert chromagram.tuning(recording) == 0.0
