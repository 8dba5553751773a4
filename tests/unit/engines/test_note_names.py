"""Names of notes in their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import chord_labels, note_names

C, CIS, D, EES, E, F, FIS, G, AES, A, BES, B = range(12)


@pytest.mark.parametrize(
    ("tonic", "is_minor", "names"),
    [
        (C, False, "C Db D Eb E F F# G Ab A Bb B"),
        (A, True, "C C# D Eb E F F# G G# A Bb B"),
        (F, False, "C Db D Eb E F Gb G Ab A Bb B"),
        (E, False, "C C# D D# E F F# G G# A A# B"),
        (EES, False, "C Db D Eb E F Gb G Ab A Bb B"),
        (CIS, False, "C Db D Eb E F Gb G Ab A Bb B"),
        (FIS, False, "C C# D D# E E# F# G G# A A# B"),
        (FIS, True, "C C# D D# E E# F# G G# A A# B"),
    ],
)
def test_notes_are_written_as_their_key_has_them(tonic, is_minor, names):
    found = note_names.in_key(tonic, is_minor=is_minor)

    assert " ".join(found) == names


def test_the_keys_are_those_on_the_circle_of_fifths():
    majors = {note_names.of_key(tonic, is_minor=False).split()[0] for tonic in range(12)}
    minors = {note_names.of_key(tonic, is_minor=True).split()[0] for tonic in range(12)}

    assert majors == {"C", "G", "D", "A", "E", "B", "F#", "Db", "Ab", "Eb", "Bb", "F"}
    assert minors == {"A", "E", "B", "F#", "C#", "G#", "D#", "Bb", "F", "C", "G", "D"}


@given(tonic=st.integers(0, 11), is_minor=st.booleans())
def test_a_key_is_read_as_it_is_written(tonic, is_minor):
    written = note_names.of_key(tonic, is_minor=is_minor)

    assert note_names.key_of(written) == (tonic, is_minor)


@pytest.mark.parametrize(
    ("name", "pitch"), [("C", 0), ("A#", 10), ("Bb", 10), ("Cb", 11), ("E#", 5)]
)
def test_a_note_is_its_pitch_however_it_is_written(name, pitch):
    assert note_names.pitch_class(name) == pitch


@given(tonic=st.integers(0, 11), is_minor=st.booleans())
def test_every_name_is_its_pitch_and_the_scale_has_seven_letters(tonic, is_minor):
    names = note_names.in_key(tonic, is_minor=is_minor)

    assert [chord_labels.parse(f"{name}:maj").root for name in names] == list(range(12))
    steps = (0, 2, 3, 5, 7, 8, 10) if is_minor else (0, 2, 4, 5, 7, 9, 11)
    assert len({names[(tonic + step) % 12][0] for step in steps}) == 7
