"""A recording against itself: like parts are alike, and change shows where it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import self_similarity
from tests.fixtures.listening import in_blocks, listen, noise, notes


def compared(signal):
    return self_similarity.self_similarity(listen(in_blocks(signal), "sections"))


def test_likeness_is_symmetric_and_whole_on_the_diagonal():
    likeness = compared(np.concatenate([notes(4, 57, 60, 64), noise(4)])).likeness

    np.testing.assert_allclose(likeness, likeness.T, atol=1e-5)
    np.testing.assert_allclose(np.diagonal(likeness), 1, atol=0.02)
    assert likeness.min() >= 0
    assert likeness.max() < 1.001


def test_the_same_chord_is_more_alike_than_another():
    likeness = compared(
        np.concatenate([notes(4, 57, 60, 64), notes(4, 54, 58, 61), notes(4, 57, 60, 64)])
    ).likeness

    assert likeness[1, 9] > likeness[1, 5] + 0.2


@given(at=st.integers(6, 24))
def test_novelty_is_largest_at_the_change(at):
    likeness = np.full((30, 30), 0.2, np.float32)
    likeness[:at, :at] = likeness[at:, at:] = 1

    change = self_similarity.novelty(likeness, 4)

    assert change.argmax() == at
    assert change[at] == pytest.approx(0.8, abs=0.01)


def test_what_never_changes_has_no_novelty():
    assert np.abs(self_similarity.novelty(np.ones((20, 20), np.float32), 4)).max() < 1e-6


def test_hours_are_compared_in_a_matrix_of_bounded_size():
    recording = listen((noise(10)[:, None] for _ in range(180)), "sections")

    assert len(self_similarity.self_similarity(recording).likeness) <= 1500
