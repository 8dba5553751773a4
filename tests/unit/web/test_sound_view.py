"""What a page is told of an analysis, and what it is not told because nobody can be sure."""

from __future__ import annotations

import pytest

from soundforge.library import AnalysisResult
from soundforge.web.sound_view import sound_view

BEATS = {"beats_s": [0.5, 1.0], "downbeats_s": [0.5], "beats_per_bar": 3, "confidence": 0.9}


def seen(**features):
    return sound_view(AnalysisResult(features=features))


def test_every_figure_comes_with_how_sure_it_is():
    sound = seen(
        tempo={"bpm": 120.0, "confidence": 0.94},
        beats={**BEATS, "bar_confidence": 0.8},
        key={"name": "A minor", "confidence": 0.02, "runner_up": {"name": "A# major"}},
    )

    assert sound.tempo_confidence == 0.94
    assert (sound.beats_per_bar, sound.bar_confidence) == (3, 0.8)
    assert (sound.key_margin, sound.key_rival) == (0.02, "Bb major")


@pytest.mark.parametrize(("bar_confidence", "metre"), [(0.19, None), (0.2, 3), (None, None)])
def test_a_metre_that_nobody_should_trust_is_not_told(bar_confidence, metre):
    assert seen(beats={**BEATS, "bar_confidence": bar_confidence}).beats_per_bar == metre


def test_other_counts_are_told_where_they_are_plausible():
    half = {"relation": "half", "bpm": 60.0, "confidence": 0.1}
    double = {"relation": "double", "bpm": 240.0, "confidence": 0.7}

    assert seen(tempo={"bpm": 120.0, "alternatives": [half, double]}).other_tempi_bpm == (240.0,)


def test_what_was_not_looked_for_is_not_known():
    sound = seen(key={"name": None, "confidence": 0.0, "runner_up": None})

    assert sound.tempo_confidence is None
    assert sound.key_rival is None
    assert sound.chroma == ()


def test_keys_in_turn_are_told_where_there_is_more_than_one():
    codes = {"camelot": "8A", "open_key": "1m"}
    first = {"start_s": 0.0, "end_s": 60.0, "name": "A minor", **codes}
    second = {"start_s": 60.0, "end_s": 90.0, "name": "A# major", **codes}

    assert seen(key={"name": "A minor", "segments": [first]}).keys == ()
    assert [(one.start_s, one.name) for one in seen(key={"segments": [first, second]}).keys] == [
        (0.0, "A minor"),
        (60.0, "Bb major"),
    ]


def test_a_tempo_that_drifts_has_its_lowest_and_its_highest():
    curve = [{"at_s": at_s, "bpm": bpm} for at_s, bpm in ((4, 120.0), (6, 118.0), (8, 124.0))]

    assert seen(tempo={"drift": 0.05, "curve": curve}).tempo_range_bpm == (118.0, 124.0)
    assert seen(tempo={"drift": 0.004, "curve": []}).tempo_range_bpm is None


def test_a_single_stumble_is_no_drift():
    curve = [{"at_s": at_s, "bpm": 120.0 + at_s / 10} for at_s in range(20)]
    curve[7] = {"at_s": 7, "bpm": 190.0}

    lowest, highest = seen(tempo={"drift": 0.05, "curve": curve}).tempo_range_bpm

    assert 120 <= lowest < highest < 122


def test_tuning_and_onsets_are_told():
    sound = seen(chroma={"mean": [0.5] * 12, "tuning_cents": -4}, onsets={"per_second": 3.2})

    assert (sound.tuning_cents, sound.onsets_per_second) == (-4, 3.2)
