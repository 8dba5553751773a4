"""What lies along a song as text: what other programs read."""

from __future__ import annotations

from soundforge.web import song_text
from soundforge.web.api.song_rows import ChordOut, LoopOut

CHORDS = (
    ChordOut(start_s=0.0, end_s=0.5, label="N", name="", confidence=0.9),
    ChordOut(start_s=0.5, end_s=61.25, label="A:min7", name="Am7", confidence=0.8),
)


def test_a_line_for_each_row():
    assert song_text.table(ChordOut.model_fields, CHORDS).splitlines() == [
        "start_s,end_s,label,name,confidence",
        "0.000,0.500,N,,0.900",
        "0.500,61.250,A:min7,Am7,0.800",
    ]


def test_what_is_whole_stays_whole_and_what_is_not_known_is_empty():
    loop = LoopOut(start_s=1.0, end_s=3.0, bars=None, beats=4, score=2 / 3)

    assert song_text.table(LoopOut.model_fields, [loop]).splitlines()[1] == "1.000,3.000,,4,0.667"


def test_labels_are_start_end_and_text_by_tabs():
    spans = [(0.5, 1.25, "Verse"), (2.0, 2.0, "a\tb\nc")]

    assert song_text.labels(spans) == "0.500000\t1.250000\tVerse\n2.000000\t2.000000\ta b c\n"


def test_chords_to_print_say_when_each_begins():
    found = ((one.start_s, one.name) for one in CHORDS)

    assert song_text.chords_text(found) == "0:00.00  -\n0:00.50  Am7\n"


def test_beats_are_counted_in_their_bars_and_those_before_the_first_are_in_bar_0():
    beats = ([0.1, 0.6, 1.1, 1.6], [0.6, 1.6])

    assert song_text.beats_csv(*beats).splitlines() == [
        "time_s,bar,beat",
        "0.100,0,1",
        "0.600,1,1",
        "1.100,1,2",
        "1.600,2,1",
    ]
    assert [line.split("\t")[2] for line in song_text.beat_labels(*beats).splitlines()] == [
        "0.1",
        "1.1",
        "1.2",
        "2.1",
    ]


def test_without_bars_beats_have_their_time_alone():
    assert song_text.beats_csv([0.1], []).splitlines()[1:] == ["0.100,,"]
    assert song_text.beat_labels([0.1, 0.6], []).splitlines()[1] == "0.600000\t0.600000\t2"


def test_nothing_is_a_head_without_lines():
    assert song_text.beats_csv([], []) == "time_s,bar,beat\n"
    assert song_text.table(ChordOut.model_fields, []) == "start_s,end_s,label,name,confidence\n"
    assert song_text.chords_text([]) == song_text.labels([]) == ""
