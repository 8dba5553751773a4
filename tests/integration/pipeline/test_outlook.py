"""The time left of a job is told from the work itself, not from what comes before it."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio

from soundforge.db.base import utc_now
from soundforge.library import jobs, tracks
from soundforge.pipeline import outlook
from tests.plugins.pipeline import add_track, begin, eventually, read_job


@pytest_asyncio.fixture
async def song(make_node, make_stage, owner_id):
    """A song of 200 s that is at work, and a way to say how far it is."""
    said: asyncio.Queue = asyncio.Queue()

    async def work(_, __, ___, report):
        while True:
            report(*await said.get())

    node = await make_node(make_stage(work=work))
    async with node.working():
        track = await add_track(node.tools, owner_id, duration_ms=200_000)
        (job,) = await begin(node.tools, track.id, "separate", model="spleeter_2stems")
        yield Song(node.tools, owner_id, track.id, job.id, said)


class Song:
    def __init__(self, tools, owner_id, track_id, job_id, said):
        self.tools, self.owner_id, self.track_id, self.job_id = tools, owner_id, track_id, job_id
        self.said = said

    async def says(self, fraction, message):
        """Let the work report; return the job once that is written down."""
        self.said.put_nowait((fraction, message))

        async def is_written():
            job = await read_job(self.tools, self.job_id)
            return job if job.message == message else None

        return await eventually(is_written)

    async def time_goes_by(self, for_s):
        """Let everything that was noted have happened so much earlier."""
        async with self.tools.database.transaction() as session:
            job = await jobs.find(session, self.job_id)
            job.started_at -= timedelta(seconds=for_s)
            if job.work_began_at:
                job.work_began_at -= timedelta(seconds=for_s)

    async def eta(self):
        async with self.tools.database.transaction() as session:
            track = await tracks.get(session, self.owner_id, self.track_id)
            return (await outlook.look(session, [track]))[self.job_id].eta


async def test_a_fetch_and_a_wait_count_for_nothing(song):
    await song.says(0.0, "Fetching the model, 41 of 89 MB")
    await song.time_goes_by(70)
    job = await song.says(0.0, "Waits for memory")
    await song.time_goes_by(600)

    assert job.work_began_at is None
    assert await song.eta() is None

    await song.says(0.1, "separating")
    await song.time_goes_by(8)
    await song.says(0.55, "still separating")

    assert (await song.eta()).left_s == pytest.approx(8, abs=1.5)


async def test_what_an_earlier_attempt_had_finished_counts_for_nothing(song):
    job = await song.says(0.6, "separating")
    assert job.work_began_progress == 60
    assert (utc_now() - job.work_began_at) < timedelta(seconds=10)

    await song.time_goes_by(10)
    await song.says(0.7, "still separating")

    assert (await song.eta()).left_s == pytest.approx(30, abs=6)
