"""The database goes away and comes back; every job still ends, and ends once."""

import asyncio
import secrets
import time

import pytest

from soundforge.db import migrate
from soundforge.db.embedded import EmbeddedPostgres
from tests.faults.server import Server, wait_until
from tests.fixtures import audio
from tests.plugins.pipeline import add_job, ended, eventually, queue_row, read_job
from tests.plugins.postgres import FAST_AND_UNSAFE, _execute, url_of


@pytest.fixture(scope="module")
def away_and_back(passable_dir):
    """A server of this module's own, to stop and start."""
    server = EmbeddedPostgres(passable_dir / "outages", options=FAST_AND_UNSAFE)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture
def url(away_and_back):
    """A database of this test's own on that server."""
    name = f"test_{secrets.token_hex(6)}"
    _execute(away_and_back.url, f"CREATE DATABASE {name}")
    address = url_of(away_and_back.url, name)
    migrate.upgrade(address)
    return address


class Gate:
    """A stage's work that waits to be let through, and counts."""

    def __init__(self):
        self.begun, self.go = asyncio.Event(), asyncio.Event()
        self.runs = self.saves = 0

    async def work(self, *_):
        self.runs += 1
        self.begun.set()
        await self.go.wait()

    async def save(self, *_):
        self.saves += 1


@pytest.fixture
async def node(make_node, make_stage, url):
    gate = Gate()
    # Shorter than the outage: what waits for a connection gives up, as after 10 s otherwise.
    made = await make_node(make_stage(work=gate.work, save=gate.save), url=url, pool_timeout_s=1.0)
    made.gate = gate
    return made


async def test_a_job_that_ends_while_the_database_is_away_ends_once(node, owner_id, away_and_back):
    job = await add_job(node.tools, owner_id)
    async with node.working():
        await asyncio.wait_for(node.gate.begun.wait(), 10)
        await away_and_back.stop()
        node.gate.go.set()
        await asyncio.sleep(5)
        await away_and_back.start()

        done = await ended(node.tools, job.id)
        assert (done.status, done.attempt, done.runs) == ("completed", 1, 1)
        assert (node.gate.runs, node.gate.saves) == (1, 1)
        await latency_s(node, owner_id)
        assert max([await latency_s(node, owner_id) for _ in range(3)]) < 2.0
        await settled(node, job.id)


async def test_a_job_that_outlives_the_outage_is_not_taken_for_an_orphan(
    node, owner_id, away_and_back
):
    job = await add_job(node.tools, owner_id)
    async with node.working():
        await asyncio.wait_for(node.gate.begun.wait(), 10)
        await away_and_back.stop()
        await asyncio.sleep(3)  # longer than a worker may be silent
        await away_and_back.start()
        await asyncio.sleep(5)  # twice the grace after the start
        node.gate.go.set()

        done = await ended(node.tools, job.id)
        assert (done.status, done.attempt, node.gate.runs) == ("completed", 1, 1)
        await settled(node, job.id)


async def test_an_end_that_the_queue_has_not_heard_of_is_not_run_again(
    make_node, make_stage, owner_id, away_and_back, url
):
    """The job's row says completed when the database goes away, the queue's row does not."""
    saves = []

    async def save(*_):
        saves.append(1)
        going.append(asyncio.create_task(away_after_the_end()))

    async def away_after_the_end():
        while (await read_job(node.tools, job.id)).status != "completed":
            await asyncio.sleep(0)
        await away_and_back.stop()

    going = []
    one = make_stage(save=save)
    node = await make_node(one, url=url, pool_timeout_s=1.0)
    job = await add_job(node.tools, owner_id)
    async with node.working():
        await eventually(lambda: asyncio.sleep(0, bool(going)))
        await going[0]
        await asyncio.sleep(3)
        await away_and_back.start()

        assert (await ended(node.tools, job.id)).status == "completed"
        await settled(node, job.id)
    assert len(saves) == 1


async def latency_s(node, owner_id):
    """Return how long a new job waits until it begins."""
    node.gate.begun.clear()
    began_s = time.monotonic()
    await add_job(node.tools, owner_id)
    await asyncio.wait_for(node.gate.begun.wait(), 30)
    return time.monotonic() - began_s


async def settled(node, job_id):
    """Wait until the queue has nothing left to do with the job, whoever did it last."""

    async def is_settled():
        job = await read_job(node.tools, job_id)
        return (await queue_row(node.tools, job.queue_job_id))["status"] == "succeeded"

    await eventually(is_settled, timeout_s=20)


def test_a_stop_while_the_database_is_away_ends_in_time(away_and_back, url, tmp_path):
    server = Server(
        tmp_path / "data",
        program=("tests/faults/echo_node.py",),
        SFA_DATABASE__URL=url,
        SFA_JOBS__STOP_GRACE_S="2",
        ECHO_SECONDS="30",
    )
    try:
        server.start()
        song = audio.write(tmp_path / "song.wav", audio.tone(0.5))
        track_id = server.upload(song, stages="separate")["id"]
        wait_until(
            lambda: server.job(track_id, "separate")["status"] == "processing",
            timeout_s=20,
            what="a job at work",
        )
        asyncio.run(away_and_back.stop())
        began_s = time.monotonic()
        assert server.stop(timeout_s=40) == 0
        assert time.monotonic() - began_s < 25
    finally:
        server.close()
        asyncio.run(away_and_back.start())
