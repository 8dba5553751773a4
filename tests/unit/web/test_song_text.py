"""Chords and beats as text: what other programs read."""

from __future__ import annotations

from soundforge.audio.chords import Segment
from soundforge.web import song_text

CHORDS = (Segment(0.0, 0.5, "N", "", 0.9), Segment(0.5, 61.25, "A:min7", "Am7", 0.8))


def test_a_line_for_each_chord():
    assert song_text.chords_csv(CHORDS).splitlines() == [
        "start_s,end_s,label,name,confidence",
        "0.000,0.500,N,,0.900",
        "0.500,61.250,A:min7,Am7,0.800",
    ]


def test_chords_to_print_say_when_each_begins():
    assert song_text.chords_text(CHORDS) == "0:00.00  -\n0:00.50  Am7\n"


def test_beats_are_counted_in_their_bars_and_those_before_the_first_are_in_bar_0():
    assert song_text.beats_csv([0.1, 0.6, 1.1, 1.6], [0.6, 1.6]).splitlines() == [
        "time_s,bar,beat",
        "0.100,0,1",
        "0.600,1,1",
        "1.100,1,2",
        "1.600,2,1",
    ]


def test_without_bars_beats_have_their_time_alone():
    assert song_text.beats_csv([0.1], []).splitlines()[1:] == ["0.100,,"]


def test_nothing_is_a_head_without_lines():
    assert song_text.beats_csv([], []) == "time_s,bar,beat\n"
    assert song_text.chords_text([]) == ""
