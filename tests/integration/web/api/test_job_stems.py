"""Stems over HTTP while they are being made: what is there is sent, and nothing of it is kept."""

import uuid

import pytest
import pytest_asyncio

from soundforge.library import jobs, tracks
from soundforge.pipeline import start
from soundforge.pipeline.start import Plan
from soundforge.storage import layout
from soundforge.web.services import LOCAL_USER

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def begun(node, owner_id=LOCAL_USER, stage="separate"):
    """Return a job that runs."""
    async with node.database.transaction() as session:
        track = await tracks.add(session, owner_id, title="Song", source="upload")
        (job,) = await start.begin(session, node.tools.queue, [(track.id, Plan(stage))])
        await jobs.begin(session, job.id, queue_job_id=job.queue_job_id, node="here", max_runs=3)
        return job


@pytest_asyncio.fixture(loop_scope="session")
async def running(node):
    """Return a separation that runs and has made four seconds of the vocals."""
    job = await begun(node)
    folder = node.tools.storage.path(layout.stems_partial(job.id, 1))
    (folder / "vocals").mkdir(parents=True)
    (folder / "vocals" / "00000.flac").write_bytes(b"four seconds")
    (folder / "vocals.peaks").write_bytes(b"\x80" * 400)
    async with node.database.transaction() as session:
        assert await jobs.report(session, job.id, 1, progress=20, message="separating", ready_s=4)
    return job


async def test_a_running_job_says_how_much_can_be_played(api, running):
    job = (await api.get(f"/api/v1/jobs/{running.id}")).json()["data"]

    assert (job["status"], job["ready_s"], job["chunk_s"]) == ("processing", 4.0, 4)


async def test_what_is_made_is_sent_and_not_kept(api, running):
    chunk = await api.get(f"/api/v1/jobs/{running.id}/stems/vocals/chunks/0")
    peaks = await api.get(f"/api/v1/jobs/{running.id}/stems/vocals/peaks")

    assert (chunk.status_code, chunk.content) == (200, b"four seconds")
    assert chunk.headers["content-type"] == "audio/flac"
    assert len(peaks.content) == 400
    for answer in (chunk, peaks):
        assert answer.headers["cache-control"] == "no-store"


async def test_what_is_not_made_yet_is_not_found(api, running):
    for place in ("vocals/chunks/1", "drums/chunks/0", "drums/peaks"):
        answer = await api.get(f"/api/v1/jobs/{running.id}/stems/{place}")

        assert (answer.status_code, answer.json()["code"]) == (404, "not_made_yet")


async def test_the_address_stays_good_when_the_job_has_ended(api, node, running):
    storage = node.tools.storage
    partial = storage.path(layout.stems_partial(running.id, 1))
    await storage.commit_dir(partial, layout.stems_dir(running.id))
    url = f"/api/v1/jobs/{running.id}/stems/vocals/chunks/0"

    between = await api.get(url)
    async with node.database.transaction() as session:
        await jobs.complete(session, await jobs.take_to_complete(session, running.id, 1))
    after = await api.get(url)

    assert between.content == after.content == b"four seconds"
    assert between.headers["cache-control"] == "no-store"
    assert "immutable" in after.headers["cache-control"]


async def test_another_attempt_is_another_folder(api, node, running):
    async with node.database.transaction() as session:
        await jobs.retry_later(session, running.id, 1, error=None, after_s=0, is_counted=False)

    answer = await api.get(f"/api/v1/jobs/{running.id}/stems/vocals/chunks/0")
    job = (await api.get(f"/api/v1/jobs/{running.id}")).json()["data"]

    assert (answer.status_code, answer.json()["code"]) == (404, "not_made_yet")
    assert job["ready_s"] == 0


@pytest.mark.parametrize(
    "place",
    ["..%2F..%2Fvocals/chunks/0", "vocals/chunks/-1", "vocals/chunks/100000", "VOCALS/peaks"],
)
async def test_strange_names_are_refused(api, running, place):
    answer = await api.get(f"/api/v1/jobs/{running.id}/stems/{place}")

    assert answer.status_code in (404, 422)


async def test_only_the_owner_of_a_separation_hears_it(api, node):
    somebody_elses = await begun(node, uuid.uuid4())
    no_separation = await begun(node, stage="analyze")

    for job in (somebody_elses, no_separation):
        answer = await api.get(f"/api/v1/jobs/{job.id}/stems/vocals/peaks")

        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")
