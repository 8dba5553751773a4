"""Chords from the networks' verdicts: the chord whose parts are likeliest, changing on beats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import chordnet_model
from soundforge.engines.beat_grid import Grid
from soundforge.engines.chord_labels import Chord
from soundforge.engines.chordnet_graph import PARTS
from soundforge.engines.spectrum import FRAME_RATE_HZ

NO_GRID = Grid(np.zeros(0), np.zeros(0))
FRAMES = 60
STARTS = np.cumsum((0, *PARTS))


def verdicts(*answers, sure=0.9):
    """Return log probabilities: ``answers`` are the likeliest answer of each part, or None."""
    rows = []
    for answer in answers:
        parts = []
        for count, place in zip(PARTS, answer, strict=True):
            part = np.full(count, (1 - sure) / (count - 1))
            part[place] = sure
            parts.append(np.log(part))
        rows.append(np.tile(np.concatenate(parts), (FRAMES, 1)))
    return np.concatenate(rows).astype(np.float16)


C_MAJOR = (1, 1, 0, 0, 0, 0)
A_MINOR_7 = (1 + 12 + 9, 1 + 9, 2, 0, 0, 0)
C_OVER_E = (1, 1 + 4, 0, 0, 0, 0)
NONE = (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        (C_MAJOR, "C:maj"),
        (A_MINOR_7, "A:min7"),
        (C_OVER_E, "C:maj/3"),
        ((1 + 24 + 2, 1 + 2, 0, 0, 0, 0), "D:sus4"),
        ((1 + 48 + 11, 1 + 11, 2, 0, 0, 0), "B:hdim7"),
        ((1 + 48 + 11, 1 + 11, 3, 0, 0, 0), "B:dim7"),
        ((1 + 7, 1 + 7, 2, 1, 0, 0), "G:9"),
        ((1 + 60 + 8, 1 + 8, 0, 0, 0, 0), "G#:aug"),
    ],
)
def test_parts_are_put_together(answer, label):
    (found,) = chordnet_model.stretches(verdicts(answer), NO_GRID)

    assert found.start_s == 0
    assert found.chord.label == label
    assert found.confidence == pytest.approx(0.9, abs=0.01)


def test_where_neither_triad_nor_bass_sounds_there_is_no_chord():
    (found,) = chordnet_model.stretches(verdicts(NONE), NO_GRID)

    assert found.chord is None


def test_every_chord_is_told_apart():
    assert len(set(chordnet_model.CHORDS)) == len(chordnet_model.CHORDS)
    assert {chord.root for chord in chordnet_model.CHORDS} == set(range(12))


@given(st.integers(0, 11))
def test_transposed_verdicts_are_transposed_chords(semitones):
    triad, bass, *others = A_MINOR_7
    moved = (13 + (triad - 13 + semitones) % 12, 1 + (bass - 1 + semitones) % 12, *others)

    (found,) = chordnet_model.stretches(verdicts(moved), NO_GRID)

    assert found.chord == Chord(9, "min7").transposed(semitones)


def test_a_chord_changes_where_its_verdicts_do():
    found = chordnet_model.stretches(verdicts(C_MAJOR, A_MINOR_7, NONE), NO_GRID)

    assert [one.chord and one.chord.label for one in found] == ["C:maj", "A:min7", None]
    assert [one.start_s for one in found] == pytest.approx(
        [0, FRAMES / FRAME_RATE_HZ, 2 * FRAMES / FRAME_RATE_HZ]
    )


def test_a_change_beside_a_beat_waits_for_it_when_the_verdicts_are_unsure():
    unsure = verdicts(C_MAJOR, A_MINOR_7, sure=0.4)
    beat_s = (FRAMES + 3) / FRAME_RATE_HZ

    found = chordnet_model.stretches(unsure, Grid(np.array([0.0, beat_s]), np.array([beat_s])))

    assert [one.start_s for one in found] == pytest.approx([0, beat_s])


def test_a_long_recording_is_gone_through_in_blocks():
    once = verdicts(C_MAJOR, A_MINOR_7)

    found = chordnet_model.stretches(np.tile(once, (40, 1)), NO_GRID)

    assert len(found) == 80
