"""Mixes without some stems over HTTP: made, sent, gone."""

import io
import uuid
from urllib.parse import unquote

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from soundforge.library import jobs, stems, tracks
from soundforge.pipeline import start
from soundforge.pipeline.start import Plan
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER

RATE_HZ = 44_100
SHA = "ef" * 32

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def separated(node):
    """Return a completed separation into vocals (a quarter of the mix) and other (the rest)."""
    track_id = uuid.uuid4()
    storage = node.tools.storage
    place = layout.recording(track_id, "wav")
    mix = np.random.default_rng(1).uniform(-0.5, 0.5, (RATE_HZ, 2))
    storage.path(place).parent.mkdir(parents=True)
    soundfile.write(storage.path(place), mix, RATE_HZ, subtype="PCM_24")
    async with node.database.transaction() as session:
        await tracks.add(
            session,
            LOCAL_USER,
            id=track_id,
            title="Song/One",
            artist="Somebody",
            source="upload",
            recording_path=place,
            recording_sha256=SHA,
            duration_ms=1000,
        )
        (job,) = await start.begin(session, node.tools.queue, [(track_id, Plan("separate"))])
        await jobs.begin(session, job.id, queue_job_id=job.queue_job_id, node="here", max_runs=3)
    folder = storage.path(layout.stems_dir(job.id))
    folder.mkdir(parents=True)
    rows = []
    for stem, share in (("vocals", 0.25), ("other", 0.75)):
        soundfile.write(folder / f"{stem}.flac", mix * share, RATE_HZ, subtype="PCM_24")
        rows.append(
            {
                "stem_type": stem,
                "file_path": f"{layout.stems_dir(job.id)}/{stem}.flac",
                "file_size": 1,
                "sample_rate_hz": RATE_HZ,
                "duration_s": 1.0,
            }
        )
    async with node.database.transaction() as session:
        current = await jobs.take_to_complete(session, job.id, 1)
        current.results = {"gain_db": 0.0, "recording_sha256": SHA}
        await stems.record(session, current, rows)
        await jobs.complete(session, current)
    return current, mix


def scratch(node):
    return list(node.tools.storage.path(layout.scratch("x")).parent.iterdir())


@pytest.mark.parametrize(
    ("query", "share", "name"),
    [
        ("without=vocals", 0.75, "Somebody - Song_One - without vocals.flac"),
        ("without=other&format=wav", 0.25, "Somebody - Song_One - without other.wav"),
        ("without=vocals&without=other", 0.0, "Somebody - Song_One - residual.flac"),
    ],
)
async def test_a_mix_is_made_sent_and_gone(api, node, separated, query, share, name):
    job, mix = separated

    answer = await api.get(f"/api/v1/jobs/{job.id}/mix?{query}")

    assert answer.status_code == 200, answer.text
    found, rate_hz = soundfile.read(io.BytesIO(answer.content))
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(found, mix * share, atol=1e-6)
    assert name in unquote(answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"
    assert scratch(node) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 422, "validation_failed"),
        ("without=drums", 404, "stem_not_found"),
        ("without=..%2Fvocals", 422, "validation_failed"),
        ("without=vocals&format=mp3", 422, "validation_failed"),
    ],
)
async def test_a_mix_that_cannot_be_is_refused(api, node, separated, query, status, code):
    job, _ = separated

    answer = await api.get(f"/api/v1/jobs/{job.id}/mix?{query}")

    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert scratch(node) == []


async def test_without_the_only_stems_that_were_asked_for_it_is_no_residual(api, node, separated):
    job, _ = separated
    async with node.database.transaction() as session:
        (await jobs.find(session, job.id)).options = {"stems": ["vocals", "other"]}

    answer = await api.get(f"/api/v1/jobs/{job.id}/mix?without=vocals&without=other")

    name = unquote(answer.headers["content-disposition"])
    assert "Somebody - Song_One - without vocals, other.flac" in name


async def test_after_another_recording_the_old_stems_cannot_be_taken_away(api, node, separated):
    job, _ = separated
    async with node.database.transaction() as session:
        await tracks.set_recording(session, job.track_id, recording_sha256="aa" * 32)

    answer = await api.get(f"/api/v1/jobs/{job.id}/mix?without=vocals")

    assert (answer.status_code, answer.json()["code"]) == (409, "recording_changed")


async def test_only_a_completed_separation_of_ones_own_has_mixes(api, node):
    async with node.database.transaction() as session:
        track = await tracks.add(session, LOCAL_USER, title="Song", source="upload")
        plans = [(track.id, Plan("separate")), (track.id, Plan("analyze"))]
        waiting, other = await start.begin(session, node.tools.queue, plans)

    codes = [
        (await api.get(f"/api/v1/jobs/{one}/mix?without=vocals")).json()["code"]
        for one in (waiting.id, other.id, uuid.uuid4())
    ]

    assert codes == ["job_state", "job_not_found", "job_not_found"]
