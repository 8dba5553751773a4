"""The sheet: parts with their chords, and the loudness."""

from __future__ import annotations

from soundforge.web import song_sheet, words
from soundforge.web.song_view import PartView, SoundView


def chord(start_s, end_s, simple_label):
    return {
        "start_s": start_s,
        "end_s": end_s,
        "label": simple_label,
        "simple_label": simple_label,
        "confidence": 1.0,
    }


def section(start_s, end_s, label, name=None):
    return {"start_s": start_s, "end_s": end_s, "label": label, "name": name}


CHORDS = {"segments": [chord(0, 4, "N"), chord(4, 12, "A:min"), chord(12, 20, "F:maj")]}
SECTIONS = {"sections": [section(0, 8, "A", "intro"), section(8, 20, "B"), section(20, 30, "C")]}


def test_every_part_has_the_chords_that_sound_in_it():
    assert song_sheet.parts({"chords": CHORDS, "sections": SECTIONS}) == (
        PartView(0, "A, intro", ("Am",)),
        PartView(8, "B", ("Am", "F")),
        PartView(20, "C", ()),
    )


def test_without_sections_the_song_is_one_part():
    assert song_sheet.parts({"chords": CHORDS}) == (PartView(0, "", ("Am", "F")),)


def test_an_old_analysis_has_no_parts():
    assert song_sheet.parts({}) == ()
    assert song_sheet.parts({"sections": {"sections": []}}) == ()


def test_a_line_says_when_what_and_which_chords():
    sound = SoundView(parts=(PartView(0, "", ("C",)), PartView(65, "B, verse", ())))

    assert song_sheet.lines(sound) == [("0:00", "C"), ("1:05 B, verse", "no chords")]


def test_only_the_loudness_that_was_measured_is_told():
    assert song_sheet.loudness(SoundView(loudness_lufs=-9.84, true_peak_dbtp=0.32)) == [
        ("Loudness", f"{words.number(-9.8, 1)} LUFS"),
        ("True peak", "0.3 dBTP"),
    ]


def test_without_an_analysis_there_is_no_sheet():
    assert song_sheet.lines(None) == song_sheet.loudness(None) == []
