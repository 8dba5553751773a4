"""Notes and a version of a real song, by the running program: from the request to the file."""

from __future__ import annotations

import io

import mido
import pytest
import soundfile


@pytest.fixture(scope="module")
def finished(app_server, ready_track):
    """Ask for something that is made of the stems; return the job when it has ended."""

    def run(**body):
        answer = app_server.api.post(f"/tracks/{ready_track['id']}/jobs", json=body)
        assert answer.status_code == 201, answer.text
        track = app_server.wait_ended(ready_track["id"])
        (job,) = [job for job in track["jobs"] if job["id"] == answer.json()["data"]["id"]]
        assert job["status"] == "completed", job["error"]
        return job

    return run


def test_a_version_is_as_long_as_it_should_be_in_every_piece(app_server, ready_track, finished):
    job = finished(stage="warp", rate=0.5, semitones=1)

    length_s = 2 * ready_track["duration_s"]
    assert {stem["stem_type"] for stem in job["stems"]} == {"vocals", "accompaniment"}
    mix = app_server.api.get(f"/jobs/{job['id']}/warped").content
    assert soundfile.info(io.BytesIO(mix)).duration == pytest.approx(length_s, abs=1e-3)
    for stem in job["stems"]:
        base = f"/stems/{stem['id']}"
        chunk = app_server.api.get(f"{base}/chunks/0").content
        assert soundfile.info(io.BytesIO(chunk)).duration == pytest.approx(
            min(job["chunk_s"], length_s)
        )
        peaks = app_server.api.get(f"{base}/peaks").content
        assert len(peaks) == pytest.approx(100 * length_s, abs=1)
    timeline = app_server.api.get(f"/tracks/{ready_track['id']}/timeline?version={job['id']}")
    assert timeline.status_code == 200


def test_the_voices_notes_are_a_midi_file(app_server, ready_track, finished):
    job = finished(stage="transcribe", stems=["vocals"])

    answer = app_server.api.get(f"/tracks/{ready_track['id']}/midi")
    tracks = mido.MidiFile(file=io.BytesIO(answer.content)).tracks
    assert [track.name for track in tracks] == ["Tempo", "vocals"]
    assert job["results"]["counts"].keys() == {"vocals"}


def test_a_batch_of_it_ends_as_done(app_server, ready_track):
    body = {"track_ids": [ready_track["id"]], "model": "instant"}
    batch = app_server.api.post("/batches", json=body).json()["data"]
    app_server.wait_ended(ready_track["id"])

    found = app_server.api.get(f"/batches/{batch['id']}").json()["data"]

    assert (found["counts"]["done"], found["total"], found["percent"]) == (1, 1, 100)
    assert {job["status"] for job in found["jobs"]} == {"completed"}


def test_the_track_is_ready_all_the_while(app_server, ready_track):
    found = app_server.api.get("/tracks?state=ready&limit=200").json()["data"]

    assert ready_track["id"] in {track["id"] for track in found}
