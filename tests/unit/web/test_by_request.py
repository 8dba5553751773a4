"""What was made of a track by request, as its page sees it: the landmarks of its versions."""

from __future__ import annotations

import uuid

from soundforge.library import AnalysisResult, Status, Track
from soundforge.library.models import WarpJob
from soundforge.web import by_request
from soundforge.web.song_view import NO_LANDMARKS
from tests.fixtures.songs import FEATURES


def with_version(features, **options):
    made = WarpJob(
        id=uuid.UUID(int=3),
        stage="warp",
        status=Status.COMPLETED,
        options={"rate": 0.5, "semitones": 0, **options},
    )
    found = AnalysisResult(id=uuid.UUID(int=7), features=features)
    return Track(id=uuid.UUID(int=1), analyses=[found], jobs=[made], stems=[])


def test_the_cue_points_of_a_version_lie_where_they_sound_in_it():
    (version,) = by_request.versions(with_version(FEATURES))

    assert [cue.time_s for cue in version.landmarks.cues] == [0.0, 2.0, 4.0]
    assert version.landmarks.id.endswith(version.job_id)


def test_an_even_version_whose_bars_are_not_found_any_more_has_none_and_is_there_still():
    without_bars = {**FEATURES, "beats": {"beats_s": [], "downbeats_s": []}}

    (version,) = by_request.versions(with_version(without_bars, steady=True))

    assert version.is_steady
    assert version.landmarks == NO_LANDMARKS
