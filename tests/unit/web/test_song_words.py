"""Notes and versions in words."""

from __future__ import annotations

import pytest

from soundforge.audio import transcriber
from soundforge.web import song_words
from soundforge.web.song_view import LoopView, SoundView
from soundforge.web.studio import NotesView, StageView, VersionView

DONE = StageView("transcribe", "completed")


@pytest.mark.parametrize(
    ("counts", "quantise", "said"),
    [
        ((("Bass", 120), ("Drums", 310)), "1/8", "Bass 120 and drums 310 notes, on eighths."),
        ((("Bass", 1),), None, "Bass 1 note, as they were played."),
        ((("Bass", 2), ("Vocals", 0)), None, "Bass 2 notes, as they were played."),
        ((("Bass", 0),), "1/4", "No notes were heard."),
        ((), None, "No notes were heard."),
    ],
)
def test_what_is_in_the_file_is_told(counts, quantise, said):
    assert song_words.counted(NotesView(DONE, "/midi", counts, quantise)) == said


def test_every_grid_has_words():
    assert set(song_words.GRIDS) == {"", *transcriber.GRIDS}


@pytest.mark.parametrize(
    ("rate", "semitones", "is_steady", "said"),
    [
        (0.8, -2, False, "80%, down 2"),
        (1.0, 0, True, "Even, 100%"),
        (0.8025, 0.5, False, "80.2%, up 0.5"),
        (2.0, 12, True, "Even, 200%, up 12"),
    ],
)
def test_a_version_is_named_by_what_makes_it_another(rate, semitones, is_steady, said):
    made = VersionView("job", rate, semitones, is_steady, (), "/mix")

    assert song_words.version(made) == said


def test_the_pitch_control_names_the_keys_it_leads_to():
    offers = song_words.pitches("A minor")

    assert offers[0] == (12, "Up 12: A minor")
    assert (0, "As it is: A minor") in offers
    assert (-2, "Down 2: G minor") in offers
    assert song_words.pitches(None)[12] == (0, "As it is")


def test_a_version_on_the_desk_says_its_key_and_tempo():
    made = VersionView("job", 0.8, -2, False, (), "/mix")

    assert song_words.on_desk(made, 122.0, "A minor") == "is on the desk, in G minor, at 97.6 BPM."
    assert song_words.on_desk(made, None, None) == "is on the desk."


@pytest.mark.parametrize(
    ("bars", "beats", "said"),
    [(4, 16, "4 bars"), (1, 3, "1 bar"), (None, 8, "8 beats"), (None, 1, "1 beat")],
)
def test_a_loop_is_as_long_as_its_bars_or_its_beats(bars, beats, said):
    assert song_words.loop_length(LoopView(0.0, 8.0, bars, beats, 0.9)) == said


def test_how_well_a_loop_goes_round_is_told():
    assert song_words.loop_fit(LoopView(0.0, 8.0, 4, 16, 0.937)) == "94% alike"


def test_what_better_chords_cost_grows_with_the_song():
    assert "about 20 s more" in song_words.chord_cost("best", 240.0)
    assert "about 5 s more" in song_words.chord_cost("best", None)
    assert "no time" in song_words.chord_cost("fast", 240.0)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (None, ""),
        (SoundView(), ""),
        (SoundView(chord_engine="fast", chord_confidence=0.78), "quickly named, 78% sure"),
        (SoundView(chord_engine="best"), "by five networks"),
    ],
)
def test_who_named_the_chords_is_told_with_how_sure(sound, said):
    assert song_words.chords_by(sound) == said
