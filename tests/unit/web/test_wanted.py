"""The controls of tempo and pitch: whatever is typed, they hold something that makes sense."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web.wanted import Wanted

SONG = Wanted(song_bpm=120.0)


def test_percent_and_beats_are_two_words_for_one_thing():
    by_percent = SONG.changed({"_target": "percent", "percent": "80", "bpm": "120.0"})
    by_bpm = SONG.changed({"_target": "bpm", "percent": "100", "bpm": "96"})

    assert by_percent.rate == by_bpm.rate == 0.8
    assert (by_bpm.percent_told, by_bpm.bpm_told, by_bpm.slider) == ("80%", "96.0", 80)
    assert by_bpm.told == "80%, 96.0 BPM"


def test_what_was_not_touched_stays():
    wanted = SONG.changed({"_target": "bpm", "bpm": "96"})

    moved = wanted.changed({"_target": "semitones", "percent": "80", "semitones": "-2"})

    assert (moved.rate, moved.semitones) == (0.8, -2)


def test_the_slider_stands_at_its_end_where_the_tempo_is_beyond():
    assert SONG.changed({"_target": "bpm", "bpm": "300"}).slider == 150
    assert SONG.changed({"_target": "bpm", "bpm": "30"}).slider == 50


def test_evening_out_is_a_change_by_itself():
    wanted = SONG.changed({"_target": "steady", "steady": "on", "semitones": "0"})

    assert wanted.is_change
    assert not wanted.changed({"_target": "steady", "semitones": "0"}).is_change


@pytest.mark.parametrize("song", [SONG, Wanted()])
@pytest.mark.parametrize(
    "text", ["", "x", "nan", "inf", "-inf", "-5", "0", "1e999", "9" * 50, None]
)
@pytest.mark.parametrize("target", ["percent", "bpm", "semitones", "", None, "x"])
def test_nonsense_changes_nothing_or_little(song, text, target):
    wanted = song.changed({"_target": target, "percent": text, "bpm": text, "semitones": text})

    assert wanted.rate > 0
    assert math.isfinite(wanted.rate)
    assert -12 <= wanted.semitones <= 12
    assert 50 <= wanted.slider <= 150


@given(
    st.dictionaries(
        st.sampled_from(["_target", "percent", "bpm", "semitones", "steady"]), st.text()
    )
)
def test_no_text_breaks_the_controls(value):
    wanted = SONG.changed(value)

    assert wanted.rate > 0
    assert wanted.percent_told.endswith("%")
