"""Chord labels: read, written, transposed and simplified without loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import chord_labels
from soundforge.engines.chord_labels import QUALITIES, Chord, parse, transpose

CHORDS = st.builds(
    Chord, st.integers(0, 11), st.sampled_from(sorted(QUALITIES)), st.integers(0, 11)
)


@given(CHORDS)
def test_what_is_written_can_be_read_again(chord):
    assert parse(chord.label) == parse(chord.name()) == chord


@given(CHORDS, st.integers(-1000, 1000))
def test_transposing_there_and_back_is_nothing(chord, semitones):
    assert transpose(transpose(chord.label, semitones), -semitones) == chord.label


@given(CHORDS, st.integers(-24, 24))
def test_transposing_moves_every_note(chord, semitones):
    moved = chord.transposed(semitones).pitch_classes

    assert moved == {(note + semitones) % 12 for note in chord.pitch_classes}


@given(CHORDS)
def test_the_simple_chord_is_major_or_minor_on_the_same_root(chord):
    assert chord.simple.root == chord.root
    assert chord.simple.quality in {"maj", "min"}
    assert chord.simple.simple == chord.simple


@given(CHORDS)
def test_a_minor_third_makes_the_simple_chord_minor(chord):
    has_minor_third = (chord.root + 3) % 12 in Chord(chord.root, chord.quality).pitch_classes

    assert (chord.simple.quality == "min") == has_minor_third


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("C", "C:maj"),
        ("Am7", "A:min7"),
        ("Bb", "A#:maj"),
        ("Cb:min", "B:min"),
        ("E#dim", "F:dim"),
        ("Gsus4", "G:sus4"),
        ("F##:7", "G:7"),
        ("C/E", "C:maj/3"),
        ("Bbm7b5/Fb", "A#:hdim7/b5"),
        ("D7sus4", "D:sus4(b7)"),
    ],
)
def test_other_spellings_are_read(label, expected):
    assert parse(label).label == expected


def test_no_chord_stays_no_chord():
    assert parse("N") is None
    assert transpose("N", 5) == chord_labels.NO_CHORD


@pytest.mark.parametrize(
    "label",
    [
        "",
        "H",
        "c",
        "C:",
        "C:maj99",
        "Cm7b9",
        "N:maj",
        "C/H",
        "C:maj/8",
        "C:maj/E",
        "C/",
        " C",
        "C\n",
        "#",
        "C" * 10_000,
    ],
)
def test_what_is_no_label_is_refused_with_an_example(label):
    with pytest.raises(ValueError, match="C:maj") as refused:
        parse(label)

    assert len(str(refused.value)) < 100
