"""From keys to a shift, and from a shift to a key."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import keys


@pytest.mark.parametrize(
    ("from_key", "to_key", "semitones"),
    [
        ("C major", "C major", 0),
        ("C major", "A minor", 0),
        ("A minor", "C major", 0),
        ("A minor", "B minor", 2),
        ("Am", "Gm", -2),
        ("C", "F#", -6),
        ("C", "F", 5),
        ("C", "G", -5),
        ("Bb major", "C major", 2),
        ("B♭ major", "a minor", 2),
        ("E minor", "Em", 0),
    ],
)
def test_the_shift_between_keys_is_the_shortest(from_key, to_key, semitones):
    assert keys.semitones_between(from_key, to_key) == semitones


@pytest.mark.parametrize("key", ["", "H minor", "A dorian", "A minor; rm", "8A", "é" * 1000])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(errors.Invalid) as refused:
        keys.semitones_between("C", key)

    assert refused.value.code == "key_unknown"
    assert len(refused.value.message) < 100


@pytest.mark.parametrize(
    ("key", "semitones", "moved"),
    [
        ("A minor", 0, "A minor"),
        ("A minor", 3, "C minor"),
        ("A minor", -2, "G minor"),
        ("C major", 1, "Db major"),
        ("F# minor", 1, "G minor"),
        ("Bb major", 2, "C major"),
        ("D♭ major", 12, "Db major"),
        ("F major", -2, "Eb major"),
        ("A minor", 0.5, "A minor"),
        ("unknown", 3, "unknown"),
    ],
)
def test_a_key_moves_along(key, semitones, moved):
    assert keys.moved_key(key, semitones) == moved


A_MINOR = {"name": "A minor", "confidence": 0.2, "segments": []}
SPANS = [{"start_s": 0.0, "name": "A# major"}, {"start_s": 40.0, "name": "C minor"}]


@pytest.mark.parametrize(
    ("found", "course"),
    [
        ({**A_MINOR, "segments": SPANS}, ((0.0, "Bb major"), (40.0, "C minor"))),
        (A_MINOR, ((0.0, "A minor"),)),
        ({"name": None, "segments": []}, ()),
        (None, ()),
    ],
)
def test_the_course_of_the_key_is_written_as_musicians_do(found, course):
    assert keys.course(found) == course


@pytest.mark.parametrize(
    ("code", "semitones", "moved"),
    [("8B", 0, "8B"), ("8B", 2, "10B"), ("8A", -1, "1A"), ("12A", 12, "12A"), ("1B", 5, "12B")],
)
def test_a_camelot_code_moves_with_its_key(code, semitones, moved):
    assert keys.moved_camelot(code, semitones) == moved


def test_notes_are_spelled_as_in_the_key_they_come_to_lie_in():
    assert keys.spelling("F major")[10] == "Bb"
    assert keys.spelling("F major", -1)[10] == "A#"
    assert keys.spelling(None)[10] == keys.spelling("")[10] == "A#"
