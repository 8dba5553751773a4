"""Every file that a track's page offers is there, as recorded and of a version."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from soundforge.library import jobs, tracks
from soundforge.storage import layout
from soundforge.web import by_request, exports
from soundforge.web.exports import Names
from soundforge.web.services import LOCAL_USER
from tests.fixtures import audio, songs

TEMPO = {
    "bpm": 120.0,
    "confidence": 0.7,
    "curve": [{"at_s": 0.5, "bpm": 118.0}, {"at_s": 1.5, "bpm": 122.0}],
}
NOTE = {"onset_s": 0.5, "offset_s": 0.9, "pitch": 34, "velocity": 100, "confidence": 0.8}


async def ended(node, track_id, stage, **options):
    """Let a job of ``stage`` complete as if it had run; return its id."""
    async with node.database.transaction() as session:
        row = {"track_id": track_id, "stage": stage, "options": options}
        (job,) = await jobs.add_many(session, [row])
        await jobs.begin(session, job.id, queue_job_id=None, node="here", max_runs=3)
    async with node.database.transaction() as session:
        current = await jobs.take_to_complete(session, job.id, 1)
        current.output_path = layout.notes(job.id) if stage == "transcribe" else None
        await jobs.complete(session, current)
    return job.id


@pytest.mark.parametrize("is_version", [False, True])
async def test_every_file_that_is_offered_is_there(api, node, is_version):
    features = {**songs.FEATURES, "tempo": TEMPO}
    track_id = await songs.ready(
        node.tools, LOCAL_USER, {"bass": audio.silence()}, features=features
    )
    notes_id = await ended(node, track_id, "transcribe")
    warp_id = await ended(node, track_id, "warp", rate=0.5, semitones=1.0, steady=False)
    async with node.database.transaction() as session:
        track = await tracks.get(session, LOCAL_USER, track_id)
    storage = node.tools.storage
    for place in (layout.note_list(notes_id), layout.analysis_features(track.analyses[0].job_id)):
        storage.path(place).parent.mkdir(parents=True)
    storage.path(layout.note_list(notes_id)).write_text(json.dumps({"bass": [NOTE]}))
    np.savez(storage.path(layout.analysis_features(track.analyses[0].job_id)), rms=np.ones(2))
    shown = SimpleNamespace(urls=by_request.song_urls(track), notes=by_request.notes(track, {}))
    version = SimpleNamespace(job_id=str(warp_id)) if is_version else None

    rows = exports.rows(shown, version, Names("simple", 2))

    assert len(rows) == 9
    for row in rows:
        for file in row.files:
            answer = await api.get(file.url)

            assert answer.status_code == 200, (file.url, answer.text)
            assert ("content-disposition" in answer.headers) == (
                file.is_kept or row.name == "Whole analysis"
            )
            assert answer.content


async def test_a_track_without_an_analysis_offers_nothing(node):
    track_id = await songs.add(node.tools, LOCAL_USER)
    async with node.database.transaction() as session:
        track = await tracks.get(session, LOCAL_USER, track_id)

    shown = SimpleNamespace(urls=by_request.song_urls(track), notes=by_request.notes(track, {}))

    assert exports.rows(shown, None, Names()) == ()
