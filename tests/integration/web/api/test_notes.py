"""Notes over HTTP: as rows of each stem, as a table, as a MIDI file; as they sound in a version."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import unquote

import pytest
import pytest_asyncio

from soundforge.library import jobs
from soundforge.pipeline import start
from soundforge.pipeline.start import Plan
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

FEATURES = {**songs.FEATURES, "key": {"name": "F major", "segments": []}}


def note(onset_s, offset_s, pitch, velocity=100, confidence=0.8):
    return {
        "onset_s": onset_s,
        "offset_s": offset_s,
        "pitch": pitch,
        "velocity": velocity,
        "confidence": confidence,
    }


NOTES = {
    "bass": [note(0.5, 0.9, 34), note(1.0, 1.5, 127)],
    "drums": [note(0.5, 0.56, 36), note(1.0, 1.06, 42, 20, 0.15)],
}


@pytest_asyncio.fixture(loop_scope="session")
async def track_id(node):
    signals = {"bass": audio.tone(2.0, 55.0)}
    return await songs.ready(node.tools, LOCAL_USER, signals, features=FEATURES)


async def begun(node, track_id, stage="transcribe", **options):
    async with node.database.transaction() as session:
        plan = Plan(stage, options=options)
        (job,) = await start.begin(session, node.tools.queue, [(track_id, plan)])
        await jobs.begin(session, job.id, queue_job_id=job.queue_job_id, node="here", max_runs=3)
    return job.id


async def ended(node, job_id, rows=NOTES):
    """Let a transcription complete as if it had heard ``rows``; None keeps the MIDI file alone."""
    storage = node.tools.storage
    storage.path(layout.analysis_dir(job_id)).mkdir(parents=True)
    storage.path(layout.notes(job_id)).write_bytes(b"MThd")
    if rows is not None:
        storage.path(layout.note_list(job_id)).write_text(json.dumps(rows))
    async with node.database.transaction() as session:
        current = await jobs.take_to_complete(session, job_id, 1)
        current.output_path = layout.notes(job_id)
        current.results = {"quantise": "1/8"}
        await jobs.complete(session, current)


async def written(node, track_id, rows=NOTES):
    job_id = await begun(node, track_id)
    await ended(node, job_id, rows)
    return job_id


async def version(node, track_id):
    """Return a version of four fifths of the tempo, two semitones higher."""
    job_id = await begun(node, track_id, "warp", rate=0.8, semitones=2.0, steady=False)
    async with node.database.transaction() as session:
        await jobs.complete(session, await jobs.take_to_complete(session, job_id, 1))
    return job_id


async def test_the_newest_notes_are_a_file_named_after_the_song(api, node, track_id):
    where = f"/api/v1/tracks/{track_id}"
    job_id = await begun(node, track_id)
    assert (await api.get(f"{where}/midi")).status_code == 404
    await ended(node, job_id)

    for address in (f"{where}/midi", f"{where}/notes?format=midi"):
        answer = await api.get(address)

        assert answer.status_code == 200, answer.text
        assert answer.content == b"MThd"
        assert answer.headers["content-type"] == "audio/midi"
        assert "Somebody - Song_One - notes.mid" in unquote(answer.headers["content-disposition"])


async def test_every_stem_has_its_notes_and_drums_their_classes(api, node, track_id):
    job_id = await written(node, track_id)

    found = (await api.get(f"/api/v1/tracks/{track_id}/notes")).json()["data"]

    assert (found["job_id"], found["quantise"]) == (str(job_id), "1/8")
    bass, drums = found["stems"]
    assert (bass["stem_type"], drums["stem_type"]) == ("bass", "drums")
    assert bass["notes"][0] == {
        "onset_s": 0.5,
        "duration_s": 0.4,
        "pitch": 34,
        "name": "Bb1",
        "velocity": 100,
        "confidence": 0.8,
        "drum": None,
    }
    assert [(one["drum"], one["name"], one["pitch"]) for one in drums["notes"]] == [
        ("kick", "kick", 36),
        ("hat", "hat", 42),
    ]


async def test_notes_of_a_version_are_as_they_sound_there(api, node, track_id):
    await written(node, track_id)
    job_id = await version(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/notes?version={job_id}")

    bass, drums = answer.json()["data"]["stems"]
    # The second one would be too high for MIDI.
    assert [(one["onset_s"], one["duration_s"], one["name"]) for one in bass["notes"]] == [
        (0.625, 0.5, "C2")
    ]
    assert [(one["onset_s"], one["drum"]) for one in drums["notes"]] == [
        (0.625, "kick"),
        (1.25, "hat"),
    ]


async def test_notes_are_a_table_to_keep(api, node, track_id):
    await written(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/notes?format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["stem_type"], row["onset_s"], row["name"], row["drum"]) for row in rows] == [
        ("bass", "0.500", "Bb1", ""),
        ("bass", "1.000", "G9", ""),
        ("drums", "0.500", "kick", "kick"),
        ("drums", "1.000", "hat", "hat"),
    ]
    name = unquote(answer.headers["content-disposition"])
    assert "Somebody - Song_One - notes.csv" in name


async def test_silence_has_stems_without_notes(api, node, track_id):
    await written(node, track_id, {"bass": []})

    found = (await api.get(f"/api/v1/tracks/{track_id}/notes")).json()["data"]

    assert found["stems"] == [{"stem_type": "bass", "notes": []}]


async def test_a_midi_file_of_a_version_is_not_pretended(api, node, track_id):
    await written(node, track_id)
    job_id = await version(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/notes?version={job_id}&format=midi")

    assert (answer.status_code, answer.json()["code"]) == (422, "midi_as_recorded")


async def test_notes_of_before_there_were_rows_are_asked_for_anew(api, node, track_id):
    await written(node, track_id, None)

    answer = await api.get(f"/api/v1/tracks/{track_id}/notes")

    assert (answer.status_code, answer.json()["code"]) == (404, "notes_not_made")


@pytest.mark.parametrize(
    "query", ["format=xml", "version=1", "version=00000000-0000-4000-8000-0000000000ff"]
)
async def test_what_cannot_be_is_refused(api, node, track_id, query):
    await written(node, track_id)

    answer = await api.get(f"/api/v1/tracks/{track_id}/notes?{query}")

    assert answer.status_code in (404, 422)
    assert answer.json()["code"] in ("validation_failed", "version_not_found")
