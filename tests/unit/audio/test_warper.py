"""From tempi and keys to a rate and a shift."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import warper


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
    assert warper.semitones_between(from_key, to_key) == semitones


@pytest.mark.parametrize("key", ["", "H minor", "A dorian", "A minor; rm", "8A", "é" * 1000])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(errors.Invalid) as refused:
        warper.semitones_between("C", key)

    assert refused.value.code == "key_unknown"
    assert len(refused.value.message) < 100


def test_the_rate_is_the_ratio_of_the_tempi():
    assert warper.rate_between(120.0, 90.0) == 0.75


@pytest.mark.parametrize("bpm", [0.0, -1.0, float("nan"), float("inf")])
def test_a_tempo_that_is_none_is_refused(bpm):
    with pytest.raises(errors.Invalid):
        warper.rate_between(bpm, 120.0)
    with pytest.raises(errors.Invalid):
        warper.rate_between(120.0, bpm)
