"""Analyses of the real program over HTTP."""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, datetime
from urllib.parse import unquote

import numpy as np
from sqlalchemy.orm import selectinload

from soundforge.audio import analyzer
from soundforge.library import Track
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs


def test_an_analysis_has_its_numbers(app_server, ready_track):
    (first, *_) = app_server.api.get(f"/tracks/{ready_track['id']}/analyses").json()["data"]

    assert first["track_id"] == ready_track["id"]
    assert first["key"] is None or first["key"].endswith(("major", "minor"))
    assert 0 < first["energy"] <= 1
    assert 0 < first["spectral_centroid"] < first["spectral_rolloff"] < 22_050
    assert 0 < first["zero_crossing_rate"] < 1
    assert {"tempo", "key", "energy", "spectral", "mfcc", "chroma"} <= set(first["features"])


def test_the_newest_one_is_in_the_track(app_server, ready_track):
    found = app_server.api.get(f"/tracks/{ready_track['id']}/analyses").json()["data"]

    assert app_server.track(ready_track["id"])["analysis"] == found[-1]


async def test_all_that_was_found_is_one_file_to_keep(api, node):
    track_id = await songs.ready(node.tools, LOCAL_USER, {"bass": audio.silence()})
    await songs.analyze(node.tools, track_id, {"key": {"name": "C major"}}, key="C major")

    answer = await api.get(f"/api/v1/tracks/{track_id}/analysis.json")

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    name = unquote(answer.headers["content-disposition"])
    assert "Somebody - Song_One - analysis.json" in name
    found = json.loads(answer.content)
    assert (found["track"]["id"], found["track"]["title"]) == (str(track_id), "Song/One")
    assert found["analysis"]["key"] == "C major"
    assert found["analysis"]["features"] == {**songs.FEATURES, "key": {"name": "C major"}}
    age = datetime.now(UTC) - datetime.fromisoformat(found["exported_at"])
    assert 0 <= age.total_seconds() < 60


async def test_what_was_not_analysed_is_no_file(api, node):
    track_id = await songs.add(node.tools, LOCAL_USER)

    answer = await api.get(f"/api/v1/tracks/{track_id}/analysis.json")

    assert (answer.status_code, answer.json()["code"]) == (404, "analysis_not_found")


async def test_the_curves_behind_the_numbers_are_a_file_that_numpy_reads(api, node):
    track_id = await songs.ready(node.tools, LOCAL_USER, {"bass": audio.silence()})
    (analysis,) = (await api.get(f"/api/v1/tracks/{track_id}/analyses")).json()["data"]
    where = f"/api/v1/analyses/{analysis['id']}/features.npz"
    gone = await api.get(where)
    path = node.tools.storage.path(layout.analysis_features(analysis["job_id"]))
    path.parent.mkdir(parents=True)
    np.savez(path, rms=np.arange(4, dtype=np.float32))

    answer = await api.get(where)

    assert (gone.status_code, gone.json()["code"]) == (404, "file_gone")
    assert answer.status_code == 200, answer.text
    assert np.load(io.BytesIO(answer.content))["rms"].tolist() == [0, 1, 2, 3]
    name = unquote(answer.headers["content-disposition"])
    assert "Somebody - Song_One - features.npz" in name


async def test_somebody_elses_curves_are_not_found(api, node):
    theirs = await songs.ready(node.tools, uuid.uuid4(), {"bass": audio.silence()})
    async with node.database.transaction() as session:
        track = await session.get(Track, theirs, options=[selectinload(Track.analyses)])
        (analysis,) = track.analyses

    for one in (analysis.id, uuid.uuid4()):
        answer = await api.get(f"/api/v1/analyses/{one}/features.npz")

        assert (answer.status_code, answer.json()["code"]) == (404, "analysis_not_found")


async def test_every_field_of_a_feature_is_described(api):
    shapes = (await api.get("/api/v1/openapi.json")).json()["components"]["schemas"]

    described = shapes["AnalysisOut"]["properties"]["features"]
    assert described["$ref"] == "#/components/schemas/Findings"
    assert set(shapes["Findings"]["properties"]) == set(analyzer.FEATURES)
    assert shapes["Beats"]["properties"]["bar_confidence"]["maximum"] == 1


async def test_an_analysis_of_another_time_goes_out_as_it_was_stored(api, node):
    features = {"tempo": {"bpm": 120.0}, "of_another_time": {"a": 1}}
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features=features
    )

    (found,) = (await api.get(f"/api/v1/tracks/{track_id}/analyses")).json()["data"]

    assert found["features"] == features
