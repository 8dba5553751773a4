"""Chords on their own: one after the other, none of them a splinter."""

from __future__ import annotations

from soundforge.engines import chords


def rows(*spans):
    starts = [0.0, *(end for _, end in spans)]
    return [
        {"chord": chord, "start": start, "end": end, "confidence": 0.5}
        for (chord, end), start in zip(spans, starts, strict=False)
    ]


def joined(*spans):
    return [(row["chord"], row["end"]) for row in chords._joined(rows(*spans))]


def test_a_splinter_belongs_to_the_chord_before_it():
    assert joined(("C", 2.0), ("G", 2.2), ("Am", 4.0)) == [("C", 2.2), ("Am", 4.0)]


def test_a_splinter_at_the_beginning_belongs_to_the_chord_after_it():
    assert joined(("N", 0.1), ("C", 2.0), ("G", 3.0)) == [("C", 2.0), ("G", 3.0)]
    assert chords._joined(rows(("N", 0.1), ("C", 2.0)))[0]["start"] == 0


def test_what_a_splinter_has_parted_is_one_again():
    assert joined(("C", 2.0), ("G", 2.2), ("C", 4.0)) == [("C", 4.0)]


def test_the_confidence_of_two_in_one_is_their_mean_over_time():
    first, second = rows(("C", 3.0), ("C", 4.0))

    (both,) = chords._joined([{**first, "confidence": 1.0}, {**second, "confidence": 0.0}])

    assert both["confidence"] == 0.75


def test_chords_are_written_as_their_key_has_them():
    labels = ("A#:maj", "N", "G:min7/b3")

    in_f = [chords._name(label, chords._notes("F major")) for label in labels]
    unknown = [chords._name(label, chords._notes(None)) for label in labels]

    assert in_f == ["Bb", "N", "Gm7/Bb"]
    assert unknown == ["A#", "N", "Gm7/A#"]


def test_nothing_makes_nothing():
    assert joined() == []
