"""What was measured, as people read it: a figure, and how sure it is."""

from __future__ import annotations

import math

import pytest

from soundforge.web import sound_words, words
from soundforge.web.studio import SoundView
from tests.fakes.tracks import a_track


def told(**measured):
    track = a_track("t", "T", tempo_bpm=122.0, key_name="A minor", sound=SoundView(**measured))
    return dict(sound_words.facts(track))


def test_only_what_was_measured_is_listed():
    track = a_track("t", "T", tempo_bpm=121.96, sound=SoundView(energy=0.5))

    assert sound_words.facts(track) == [
        ("Tempo", "122.0 BPM"),
        ("Energy", f"0.50 ({words.number(20 * math.log10(0.5), 1)} dBFS)"),
    ]


def test_nothing_is_listed_before_an_analysis():
    assert sound_words.facts(a_track("t", "T", tempo_bpm=122.0)) == []


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (0.936, "122.0 BPM, 94% sure"),
        (0.2, "122.0 BPM, 20% sure"),
        (0.12, "about 122 BPM, a guess (12% sure)"),
    ],
)
def test_a_tempo_says_how_sure_it_is(confidence, said):
    assert told(tempo_confidence=confidence)["Tempo"] == said


def test_a_tempo_that_is_a_guess_is_one():
    assert sound_words.is_guess(SoundView(tempo_confidence=0.1))
    assert not sound_words.is_guess(SoundView(tempo_confidence=0.9))
    assert not sound_words.is_guess(SoundView())
    assert not sound_words.is_guess(None)


def test_other_ways_to_count_and_the_metre_are_told():
    facts = told(other_tempi_bpm=(61.0, 244.0), beats_per_bar=3, bar_confidence=0.81)

    assert facts["Or counted as"] == "61.0 or 244.0 BPM"
    assert facts["Metre"] == "3 beats to the bar, 81% sure"


def test_a_metre_that_is_not_known_is_not_told():
    assert "Metre" not in told(bar_confidence=0.1)


@pytest.mark.parametrize(
    ("margin", "key", "lead"),
    [
        (0.18, "A minor", "clear: 0.18 ahead of C major"),
        (0.1, "A minor", "clear: 0.10 ahead of C major"),
        (0.02, "A minor, or C major", "close: 0.02 ahead of C major"),
    ],
)
def test_a_key_names_its_runner_up_where_that_is_close(margin, key, lead):
    sound = SoundView(key_margin=margin, key_rival="C major")

    assert told(key_margin=margin, key_rival="C major")["Key"] == key
    assert sound_words.key_lead(sound) == lead


def test_how_far_a_key_leads_is_not_made_up():
    assert sound_words.key_lead(SoundView()) == ""
    assert sound_words.key_lead(None) == ""
    assert told()["Key"] == "A minor"


def test_silence_has_no_level_in_decibels():
    assert sound_words.level(0.0) == "0 (silence)"


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        ({"tempo_drift": 0.004}, "steady, within 0.4%"),
        ({"tempo_drift": 0.05, "tempo_range_bpm": (118.2, 124.0)}, "118.2 to 124.0 BPM"),
    ],
)
def test_a_tempo_that_drifts_tells_its_range(measured, said):
    assert told(**measured)["Tempo over time"] == said


@pytest.mark.parametrize(
    ("cents", "said"),
    [
        (0, "A at 440.0 Hz, as usual"),
        (4, "A at 441.0 Hz, 4 cents high"),
        (-31, "A at 432.2 Hz, 31 cents low"),
    ],
)
def test_the_tuning_is_told_in_hertz_and_cents(cents, said):
    assert told(tuning_cents=cents)["Tuning"] == said


def test_onsets_are_told_by_the_second():
    assert told(onsets_per_second=3.24)["Onsets"] == "3.2 a second"
