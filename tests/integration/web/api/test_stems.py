"""The files of stems of the real program: whole, in pieces, as a wave."""

from __future__ import annotations

import io
import uuid
import zipfile

import pytest
import soundfile

from tests.fixtures import audio


def get(app_server, stem, what, **headers):
    return app_server.api.get(f"/stems/{stem['id']}/{what}", headers=headers)


@pytest.fixture
def stem(ready_track):
    return ready_track["stems"][0]


def test_a_stem_is_a_file_named_after_its_track(app_server, ready_track, stem):
    answer = get(app_server, stem, "file")

    assert answer.status_code == 200
    assert answer.content[:4] == b"fLaC"
    assert int(answer.headers["content-length"]) == stem["file_size"] == len(answer.content)
    assert answer.headers["content-type"] == "audio/flac"
    assert ready_track["title"] in answer.headers["content-disposition"]
    assert stem["stem_type"] in answer.headers["content-disposition"]


def test_the_address_in_the_track_is_the_files(app_server, stem):
    path = stem["file_url"].removeprefix("/api/v1")

    assert app_server.api.head(path).status_code == 200


@pytest.mark.parametrize(
    ("asked", "size", "status"),
    [("bytes=0-9", 10, 206), ("bytes=-500", 500, 206), ("bytes=999999999-", None, 416)],
)
def test_a_part_of_a_stem_can_be_asked_for(app_server, stem, asked, size, status):
    answer = get(app_server, stem, "file", Range=asked)

    assert answer.status_code == status
    assert size is None or len(answer.content) == size


def test_the_pieces_end_where_the_stem_ends(app_server, stem):
    first = get(app_server, stem, "chunks/0")
    beyond = get(app_server, stem, "chunks/9")

    assert (first.status_code, first.headers["content-type"]) == (200, "audio/flac")
    assert "immutable" in first.headers["cache-control"]
    assert (beyond.status_code, beyond.json()["code"]) == (404, "chunk_not_found")


def test_a_wave_has_a_hundred_bytes_a_second(app_server, stem):
    answer = get(app_server, stem, "peaks")

    assert answer.status_code == 200
    assert len(answer.content) == pytest.approx(stem["duration_s"] * 100, abs=2)


def test_only_the_vocals_at_the_songs_own_rate_can_be_played_and_kept(app_server, tmp_path):
    song = audio.write(tmp_path / "song.wav", audio.chord(11.0, rate_hz=48_000), rate_hz=48_000)
    asked = {"stages": "separate", "stems": "vocals", "sample_rate": "source", "model": "instant"}

    track = app_server.wait_ended(app_server.upload(song, **asked)["id"])

    (job,), (vocals,) = track["jobs"], track["stems"]
    assert (job["status"], job["options"]["stems"]) == ("completed", ["vocals"]), job["error"]
    assert (vocals["sample_rate_hz"], vocals["duration_s"]) == (48_000, 11.0)
    files = {
        what: soundfile.info(io.BytesIO(get(app_server, vocals, what).content))
        for what in ("file", "file?format=wav", "chunks/0", "chunks/2")
    }
    assert [one.samplerate for one in files.values()] == [48_000, 48_000, 44_100, 44_100]
    assert [one.duration for one in files.values()] == [11, 11, job["chunk_s"], 3]
    assert files["file?format=wav"].subtype == "FLOAT"
    page = app_server.api.get(f"http://127.0.0.1:{app_server.port}/tracks/{track['id']}").text
    assert 'data-sample-rate-hz="44100"' in page
    assert 'data-chunk-s="4"' in page
    archive = app_server.api.get(f"/jobs/{job['id']}/stems.zip?format=wav").content
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == ["song - vocals.wav"]


@pytest.mark.parametrize("what", ["file", "peaks", "chunks/0"])
@pytest.mark.parametrize(
    ("stem_id", "status", "code"),
    [
        (str(uuid.UUID(int=7)), 404, "stem_not_found"),
        ("1", 422, "validation_failed"),
        ("%00", 422, "validation_failed"),
    ],
)
def test_a_stem_that_is_not_there_is_refused(app_server, what, stem_id, status, code):
    answer = app_server.api.get(f"/stems/{stem_id}/{what}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("number", ["-1", "x", "100000", "1e3", "9" * 5000])
def test_a_piece_that_has_no_number_is_refused(app_server, stem, number):
    answer = get(app_server, stem, f"chunks/{number}")

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
