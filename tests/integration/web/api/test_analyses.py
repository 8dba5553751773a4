"""Analyses of the real program over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import unquote

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
