"""What is known of a track is the newest of each feature, whatever was looked for since."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from soundforge.library import AnalysisResult, Track, analyses
from soundforge.web.views import track_view

WHOLE = {
    "tempo": {"bpm": 120.0, "alternatives": []},
    "key": {"name": "A minor", "camelot": "8A"},
    "energy": {"rms": 0.2},
    "spectral": {"centroid_hz": {"mean": 1500.0}, "flatness": {"mean": 0.1}},
    "chroma": {"mean": [0.5] * 12},
    "loudness": {"integrated_lufs": -14.0},
    "sections": {"sections": [{"start_s": 0.0, "end_s": 9.0, "label": "A", "name": "intro"}]},
}
NUMBERS = {"tempo": 120.0, "key": "A minor", "energy": 0.2, "spectral_centroid": 1500.0}


def row(features, **numbers):
    return AnalysisResult(
        id=uuid.uuid4(),
        job_id=uuid.uuid4(),
        track_id=uuid.UUID(int=1),
        inserted_at=datetime.now(UTC),
        features=features,
        **numbers,
    )


def track(*rows):
    return Track(
        id=uuid.UUID(int=1),
        title="Song",
        inserted_at=datetime.now(UTC),
        analyses=list(rows),
        jobs=[],
        stems=[],
    )


def test_an_analysis_of_the_key_alone_hides_nothing_of_an_older_one():
    again = row({"key": {"name": "C major", "camelot": "8B"}}, key="C major")

    known = analyses.newest(track(row(WHOLE, **NUMBERS), again))

    assert known.id == again.id
    assert known.features == {**WHOLE, "key": {"name": "C major", "camelot": "8B"}}
    assert (known.tempo, known.key, known.energy) == (120.0, "C major", 0.2)


def test_what_is_looked_for_again_and_not_found_is_not_known_any_more():
    again = row({"tempo": {"bpm": None}}, tempo=None)

    known = analyses.newest(track(row(WHOLE, **NUMBERS), again))

    assert known.tempo is None
    assert known.key == "A minor"


def test_a_track_that_was_never_analysed_has_nothing_known():
    assert analyses.newest(track()) is None


def test_the_page_shows_all_that_is_known_after_an_analysis_of_one_thing():
    again = row({"key": {"name": "C major", "camelot": "8B"}}, key="C major")

    shown = track_view(track(row(WHOLE, **NUMBERS), again), {})

    assert (shown.key_name, shown.camelot, shown.tempo_bpm) == ("C major", "8B", 120.0)
    assert shown.sound.loudness_lufs == -14.0
    assert len(shown.sound.chroma) == 12
    assert [part.label for part in shown.sound.parts] == ["A, intro"]
