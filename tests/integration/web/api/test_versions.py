"""Another tempo or key over HTTP: asked for as a job, heard as stems, kept as a file."""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from urllib.parse import unquote

import pytest
import pytest_asyncio
import soundfile

from soundforge.library import jobs, stems
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

FEATURES = {
    **songs.FEATURES,
    "tempo": {"bpm": 120.0, "curve": [{"at_s": 0.5, "bpm": 118.0}, {"at_s": 1.5, "bpm": 122.0}]},
    "key": {
        "name": "A minor",
        "segments": [
            {"start_s": 0.0, "end_s": 2.0, "name": "A minor", "camelot": "8A", "confidence": 0.2}
        ],
    },
}


@pytest_asyncio.fixture(loop_scope="session")
async def track_id(node):
    signals = {"bass": audio.tone(2.0, 55.0)}
    return await songs.ready(node.tools, LOCAL_USER, signals, features=FEATURES)


async def made(node, track_id, **options):
    """Return the id of a version that is there."""
    options = {"rate": 0.8, "semitones": -2.0, "steady": False, **options}
    async with node.database.transaction() as session:
        row = {"track_id": track_id, "stage": "warp", "options": options}
        (job,) = await jobs.add_many(session, [row])
        await jobs.begin(session, job.id, queue_job_id=None, node="here", max_runs=3)
    path = node.tools.storage.path(layout.warped_mix(job.id))
    path.parent.mkdir(parents=True)
    soundfile.write(path, audio.tone(2.5), audio.RATE_HZ)
    async with node.database.transaction() as session:
        current = await jobs.take_to_complete(session, job.id, 1)
        row = {
            "stem_type": "bass",
            "file_path": f"{layout.stems_dir(job.id)}/bass.flac",
            "file_size": 1,
            "sample_rate_hz": audio.RATE_HZ,
            "duration_s": 2.5,
        }
        await stems.record(session, current, [row])
        await jobs.complete(session, current)
    return job.id


@pytest.mark.parametrize(
    ("body", "rate", "semitones"),
    [
        ({"rate": 0.5}, 0.5, 0.0),
        ({"bpm": 96}, 0.8, 0.0),
        ({"semitones": -2}, 1.0, -2.0),
        ({"key": "C minor"}, 1.0, 3.0),
        ({"bpm": 60, "key": "B minor", "steady": True}, 0.5, 2.0),
    ],
)
async def test_a_version_is_asked_for_in_the_musicians_words(api, track_id, body, rate, semitones):
    answer = await api.post(f"/api/v1/tracks/{track_id}/jobs", json={"stage": "warp", **body})

    assert answer.status_code == 201, answer.text
    job = answer.json()["data"]
    assert (job["stage"], job["status"]) == ("warp", "queued")
    assert job["options"]["rate"] == pytest.approx(rate)
    assert job["options"]["semitones"] == semitones


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "warp_unclear"),
        ({"rate": 2, "bpm": 100}, "warp_unclear"),
        ({"semitones": 2, "key": "C major"}, "warp_unclear"),
        ({"rate": 0.24}, "rate_out_of_range"),
        ({"rate": -1}, "rate_out_of_range"),
        ({"rate": 1e308}, "rate_out_of_range"),
        ({"bpm": 0}, "tempo_invalid"),
        ({"semitones": 24.5}, "shift_out_of_range"),
        ({"key": "X"}, "key_unknown"),
        ({"key": "A" * 21}, "validation_failed"),
        ({"key": "A\x00"}, "validation_failed"),
        ({"rate": "2"}, "validation_failed"),
        ({"rate": True}, "validation_failed"),
        ({"rate": [2]}, "validation_failed"),
    ],
)
async def test_what_cannot_be_is_refused(api, track_id, body, code):
    answer = await api.post(f"/api/v1/tracks/{track_id}/jobs", json={"stage": "warp", **body})

    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("rate", ["NaN", "Infinity", "-Infinity"])
async def test_what_is_no_number_is_refused(api, track_id, rate):
    answer = await api.post(
        f"/api/v1/tracks/{track_id}/jobs",
        content=f'{{"stage": "warp", "rate": {rate}}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422


async def test_the_song_is_one_file_and_its_stems_are_in_the_job(api, node, track_id):
    job_id = await made(node, track_id)

    mix = await api.get(f"/api/v1/jobs/{job_id}/warped")
    job = (await api.get(f"/api/v1/jobs/{job_id}")).json()["data"]

    assert soundfile.info(io.BytesIO(mix.content)).duration == 2.5
    name = unquote(mix.headers["content-disposition"])
    assert "Somebody - Song_One - 80%, -2 st.flac" in name
    assert [stem["stem_type"] for stem in job["stems"]] == ["bass"]
    newest = (await api.get(f"/api/v1/tracks/{track_id}/stems")).json()["data"]
    assert newest[0]["job_id"] != str(job_id)


async def test_the_timeline_of_a_version_is_as_it_sounds(api, node, track_id):
    job_id = await made(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/timeline?version={job_id}&transpose=1")

    found = answer.json()["data"]
    assert found["beats_s"] == [0.625, 1.25, 1.875, 2.5]
    assert [(one["start_s"], one["name"]) for one in found["chords"]] == [
        (0.0, ""),
        (0.625, "G#m"),
        (1.875, "E"),
    ]
    assert found["sections"][1]["start_s"] == 1.25
    assert [(one["end_s"], one["name"], one["camelot"]) for one in found["keys"]] == [
        (2.5, "G# minor", "1A")
    ]
    assert found["energy"]["times_s"] == [0.3125, 0.9375, 1.5625, 2.1875]
    assert [(one["at_s"], round(one["bpm"], 6)) for one in found["tempi"]] == [
        (0.625, 94.4),
        (1.875, 97.6),
    ]
    assert [one["time_s"] for one in found["cue_points"]] == [0.0, 1.25, 2.5]
    assert [one["time_s"] for one in found["markers"]] == [1.25]
    assert [(one["start_s"], one["end_s"]) for one in found["loops"]] == [(0.625, 1.875)]


async def test_what_is_kept_of_a_version_is_as_it_sounds(api, node, track_id):
    job_id = await made(node, track_id)
    where = f"/api/v1/tracks/{track_id}"

    chords = await api.get(f"{where}/chords?version={job_id}&format=csv")
    beats = await api.get(f"{where}/beats?version={job_id}&format=csv")

    rows = list(csv.DictReader(io.StringIO(chords.text)))
    assert [(row["start_s"], row["name"]) for row in rows][1:] == [("0.625", "Gm"), ("1.875", "Eb")]
    assert beats.text.splitlines()[1:3] == ["0.625,1,1", "1.250,1,2"]
    name = unquote(chords.headers["content-disposition"])
    assert "Somebody - Song_One - 80%, -2 st - chords.csv" in name


async def test_bars_of_an_even_version_are_even(api, node, track_id):
    beats = {
        **songs.BEATS,
        "beats_s": [0.5, 1.5, 2.0],
        "downbeats_s": [0.5, 1.5, 2.0],
        "beats_per_bar": 1,
    }
    await songs.analyze(node.tools, track_id, {**FEATURES, "beats": beats})
    job_id = await made(node, track_id, rate=1.0, steady=True)

    answer = await api.get(f"/api/v1/tracks/{track_id}/timeline?version={job_id}")

    assert answer.json()["data"]["downbeats_s"] == [0.375, 1.125, 1.875]
    assert answer.json()["data"]["tempi"] == []


async def test_what_is_no_version_is_not_found(api, node, track_id):
    for what, code in (
        (f"tracks/{track_id}/timeline?version={uuid.uuid4()}", "version_not_found"),
        (f"tracks/{track_id}/chords?version={uuid.uuid4()}", "version_not_found"),
        (f"tracks/{track_id}/beats?version={uuid.uuid4()}", "version_not_found"),
        (f"jobs/{uuid.uuid4()}/warped", "job_not_found"),
    ):
        answer = await api.get(f"/api/v1/{what}")

        assert (answer.status_code, answer.json()["code"]) == (404, code)


async def test_a_version_that_waits_cannot_be_heard_yet(api, track_id):
    asked = await api.post(f"/api/v1/tracks/{track_id}/jobs", json={"stage": "warp", "rate": 2})

    answer = await api.get(f"/api/v1/jobs/{asked.json()['data']['id']}/warped")

    assert (answer.status_code, answer.json()["code"]) == (409, "job_state")


async def test_all_stems_are_one_archive_named_after_the_song(api, track_id):
    stems_of = (await api.get(f"/api/v1/tracks/{track_id}/stems")).json()["data"]

    answer = await api.get(f"/api/v1/jobs/{stems_of[0]['job_id']}/stems.zip")

    assert answer.status_code == 200
    assert "Somebody - Song_One - stems.zip" in unquote(answer.headers["content-disposition"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["Somebody - Song_One - bass.flac"]
        sound = soundfile.info(io.BytesIO(archive.read("Somebody - Song_One - bass.flac")))
    assert sound.duration == 2.0


async def test_an_archive_of_what_makes_no_stems_is_not_found(api, node, track_id):
    analysis = await songs.analyze(node.tools, track_id, {})
    others = await songs.add(node.tools, uuid.uuid4())
    theirs = await songs.separate(node.tools, others, {"bass": audio.silence()})
    gone = await made(node, track_id)

    for job_id, code in (
        (analysis.id, "job_not_found"),
        (theirs.id, "job_not_found"),
        (gone, "file_gone"),
    ):
        answer = await api.get(f"/api/v1/jobs/{job_id}/stems.zip")

        assert (answer.status_code, answer.json()["code"]) == (404, code)
