"""Chords, beats, parts and notes over HTTP, as JSON and as files."""

from __future__ import annotations

import csv
import io
import uuid
from urllib.parse import unquote

import pytest
import pytest_asyncio

from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs


@pytest_asyncio.fixture(loop_scope="session")
async def song(node):
    track_id = await songs.ready(node.tools, LOCAL_USER, {"bass": audio.tone(2.0, 55.0)})
    return f"/api/v1/tracks/{track_id}"


async def read(api, where, **query):
    answer = await api.get(where, params=query)
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_timeline_has_all_that_a_player_draws(api, song):
    found = (await read(api, f"{song}/timeline")).json()["data"]

    assert found["beats_s"] == [0.5, 1.0, 1.5, 2.0]
    assert (found["downbeats_s"], found["beats_per_bar"]) == ([0.5, 1.5], 2)
    assert [one["name"] for one in found["chords"]] == ["", "Am", "F"]
    assert found["sections"][0] == {
        "start_s": 0.0,
        "end_s": 1.0,
        "label": "A",
        "name": "intro",
    }
    assert [(one["time_s"], one["label"]) for one in found["cue_points"]] == [
        (0.0, "Start"),
        (1.0, "Drop"),
        (2.0, "End"),
    ]
    assert found["markers"] == [{"time_s": 1.0, "kind": "drop", "intensity": 0.6}]
    assert found["loops"] == [{"start_s": 0.5, "end_s": 1.5, "bars": 1, "beats": 2, "score": 0.75}]


async def test_keys_and_curves_lie_on_the_timeline(api, node):
    spans = [
        {"start_s": 0.0, "end_s": 1.0, "name": "A# major", "camelot": "6B", "confidence": 0.2},
        {"start_s": 1.0, "end_s": 2.0, "name": "C minor", "camelot": "5A", "confidence": 0.1},
    ]
    features = {
        "key": {"name": "A# major", "segments": spans},
        "cues": songs.CUES,
        "tempo": {"curve": [{"at_s": 0.5, "bpm": 118.0}, {"at_s": 1.5, "bpm": 124.0}]},
    }
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features=features
    )

    found = (await read(api, f"/api/v1/tracks/{track_id}/timeline", transpose=2)).json()["data"]

    assert [(one["start_s"], one["name"], one["camelot"]) for one in found["keys"]] == [
        (0.0, "C major", "8B"),
        (1.0, "D minor", "7A"),
    ]
    assert found["energy"] == {
        "times_s": [0.25, 0.75, 1.25, 1.75],
        "values": [0.25, 0.5, 1.0, 0.75],
    }
    assert found["tempi"] == features["tempo"]["curve"]


async def test_bars_that_are_not_sure_enough_are_not_told(api, node):
    doubted = {**songs.BEATS, "bar_confidence": 0.1}
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features={"beats": doubted}
    )

    for what in ("timeline", "beats"):
        found = (await read(api, f"/api/v1/tracks/{track_id}/{what}")).json()["data"]

        assert found["beats_s"] == [0.5, 1.0, 1.5, 2.0]
        assert (found["downbeats_s"], found["beats_per_bar"]) == ([], None)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["", "Am", "F"]),
        ({"labels": "full"}, ["", "Am7", "F"]),
        ({"transpose": 3}, ["", "Cm", "G#"]),
        ({"labels": "full", "transpose": -12}, ["", "Am7", "F"]),
    ],
)
async def test_chords_are_named_as_one_likes(api, song, query, names):
    chords = (await read(api, f"{song}/chords", **query)).json()["data"]
    timeline = (await read(api, f"{song}/timeline", **query)).json()["data"]

    assert [one["name"] for one in chords] == names
    assert timeline["chords"] == chords


async def test_chords_and_beats_are_files_to_keep(api, song):
    chords = await read(api, f"{song}/chords", format="csv", labels="full")
    text = await read(api, f"{song}/chords", format="txt")
    beats = await read(api, f"{song}/beats", format="csv")

    rows = list(csv.DictReader(io.StringIO(chords.text)))
    assert [(row["start_s"], row["name"]) for row in rows][1:] == [("0.500", "Am7"), ("1.500", "F")]
    assert text.text.splitlines() == ["0:00.00  -", "0:00.50  Am", "0:01.50  F"]
    assert beats.text.splitlines()[1] == "0.500,1,1"
    labels = await read(api, f"{song}/chords", format="labels", transpose=2)
    bars = await read(api, f"{song}/beats", format="labels")
    assert labels.text == "0.500000\t1.500000\tBm\n1.500000\t2.000000\tG\n"
    assert bars.text.splitlines()[2] == "1.500000\t1.500000\t2.1"
    for answer, name in (
        (labels, "Somebody - Song_One - chord labels.txt"),
        (bars, "Somebody - Song_One - beat labels.txt"),
        (chords, "Somebody - Song_One - chords.csv"),
        (text, "Somebody - Song_One - chords.txt"),
        (beats, "Somebody - Song_One - beats.csv"),
    ):
        assert name in unquote(answer.headers["content-disposition"])
    assert beats.headers["content-type"] == "text/csv; charset=utf-8"


async def test_a_later_analysis_of_something_else_hides_nothing(api, node, song):
    track_id = uuid.UUID(song.rsplit("/", 1)[1])
    await songs.analyze(node.tools, track_id, {"key": {"name": "A minor"}})

    found = (await read(api, f"{song}/beats")).json()["data"]

    assert found["beats_s"] == [0.5, 1.0, 1.5, 2.0]


async def test_a_song_without_a_pulse_has_none(api, node):
    features = {"beats": {"beats_s": [], "downbeats_s": [], "beats_per_bar": None}}
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features=features
    )

    beats = (await read(api, f"/api/v1/tracks/{track_id}/beats")).json()["data"]
    timeline = (await read(api, f"/api/v1/tracks/{track_id}/timeline")).json()["data"]

    assert beats == {"beats_s": [], "downbeats_s": [], "beats_per_bar": None}
    for name in ("chords", "sections", "keys", "tempi", "cue_points", "markers", "loops"):
        assert timeline[name] == []
    assert timeline["energy"] == {"times_s": [], "values": []}


async def test_what_was_not_looked_for_is_not_found(api, node):
    track_id = await songs.add(node.tools, LOCAL_USER)
    for what, code in (
        ("chords", "feature_not_found"),
        ("beats", "feature_not_found"),
        ("midi", "notes_not_made"),
        ("notes", "notes_not_made"),
    ):
        answer = await api.get(f"/api/v1/tracks/{track_id}/{what}")

        assert (answer.status_code, answer.json()["code"]) == (404, code)
        assert answer.json()["next_step"]


@pytest.mark.parametrize(
    "query",
    [
        "chords?transpose=13",
        "chords?transpose=-13",
        "chords?transpose=1.5",
        "chords?transpose=" + "9" * 400,
        "chords?labels=all",
        "chords?format=pdf",
        "beats?format=txt",
        "timeline?labels=%00",
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(api, song, query):
    answer = await api.get(f"{song}/{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("what", ["timeline", "chords", "beats", "notes", "midi"])
async def test_somebody_elses_song_is_not_found(api, node, what):
    track_id = await songs.ready(node.tools, uuid.uuid4(), {"bass": audio.silence()})

    answer = await api.get(f"/api/v1/tracks/{track_id}/{what}")

    assert (answer.status_code, answer.json()["code"]) == (404, "track_not_found")


async def test_notes_are_asked_for_as_a_job(api, song):
    where = f"{song}/jobs"
    body = {"stage": "transcribe", "quantise": "1/16", "stems": ["bass"]}

    asked = await api.post(where, json=body)
    twice = await api.post(where, json=body)

    assert asked.status_code == 201, asked.text
    job = asked.json()["data"]
    assert (job["stage"], job["status"]) == ("transcribe", "queued")
    assert job["options"] == {"quantise": "1/16", "stems": ["bass"]}
    assert (twice.status_code, twice.json()["code"]) == (409, "stage_running")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"quantise": "1/7"}, 422, "validation_failed"),
        ({"quantise": 16}, 422, "validation_failed"),
        ({"stems": "bass"}, 422, "validation_failed"),
        ({"stems": ["../bass"]}, 422, "validation_failed"),
        ({"stems": ["bass"] * 17}, 422, "validation_failed"),
        ({"stems": ["piano"]}, 404, "stem_not_found"),
    ],
)
async def test_notes_that_cannot_be_are_refused(api, song, body, status, code):
    answer = await api.post(f"{song}/jobs", json={"stage": "transcribe", **body})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_notes_need_stems(api, node):
    track_id = await songs.add(node.tools, LOCAL_USER)

    answer = await api.post(f"/api/v1/tracks/{track_id}/jobs", json={"stage": "transcribe"})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_stems")
