"""Cue points, loops and the lanes of a desk, from what analyses found."""

from __future__ import annotations

import uuid

import pytest

from soundforge.library import AnalysisResult, Track
from soundforge.web import landmarks
from soundforge.web.song_version import Version
from tests.fixtures.songs import FEATURES

SLOW = Version(rate=0.5, label="slow")
KEYS = {"segments": [{"start_s": 0.0, "name": "A minor"}, {"start_s": 9.0, "name": "C major"}]}


def track(**features):
    found = AnalysisResult(id=uuid.UUID(int=7), features=features)
    return Track(id=uuid.UUID(int=1), analyses=[found], jobs=[], stems=[])


def test_cue_points_and_loops_are_those_of_the_newest_analysis_that_has_them():
    found = landmarks.landmarks(track(**FEATURES))

    assert [(one.time_s, one.label) for one in found.cues] == [
        (0.0, "Start"),
        (1.0, "Drop"),
        (2.0, "End"),
    ]
    assert [(one.start_s, one.end_s, one.bars) for one in found.loops] == [(0.5, 1.5, 1)]


def test_in_a_version_they_lie_where_they_sound_and_are_others():
    of_song = landmarks.landmarks(track(**FEATURES))
    slow = landmarks.landmarks(track(**FEATURES), SLOW, "job-slow")

    assert [one.time_s for one in slow.cues] == [0.0, 2.0, 4.0]
    assert (slow.loops[0].start_s, slow.loops[0].end_s) == (1.0, 3.0)
    assert slow.id != of_song.id


def test_a_song_without_any_has_none():
    assert landmarks.landmarks(track(key={"name": "A minor"})).id == ""
    assert landmarks.landmarks(track(cues={"cue_points": []}, loops={"loops": []})).id == ""


def test_the_desk_has_a_lane_for_what_was_found():
    assert landmarks.lanes(track(**FEATURES)) == {"chords", "parts", "cues", "loops", "energy"}
    assert landmarks.lanes(track()) == frozenset()


@pytest.mark.parametrize(
    ("features", "lane"),
    [
        ({"key": KEYS}, "keys"),
        ({"tempo": {"curve": [{"at_s": 4.0, "bpm": 99.0}, {"at_s": 6.0, "bpm": 104.0}]}}, "tempo"),
    ],
)
def test_keys_and_tempo_have_a_lane_where_they_change(features, lane):
    assert landmarks.lanes(track(**features)) == {lane}


def test_a_single_key_an_even_tempo_and_a_song_without_chords_have_no_lane():
    nothing = {
        "key": {"segments": KEYS["segments"][:1]},
        "tempo": {"curve": []},
        "chords": {"segments": [{"label": "N"}]},
    }

    assert landmarks.lanes(track(**nothing)) == frozenset()
