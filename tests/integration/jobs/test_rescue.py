"""Queue jobs of dead workers run again; those of living ones are left alone."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from soundforge.jobs import cancel, rescue
from soundforge.library import jobs
from tests.plugins.pipeline import add_job, ended, queue_row, read_job

GRACE_S = 2.0


@pytest.fixture
def fetch(tools):
    """Let a worker, whose last heartbeat was ``silent_s`` ago, take the next queue job."""

    async def fetch(*, silent_s):
        async with tools.database.transaction() as session:
            worker_id = await session.scalar(
                text(
                    "INSERT INTO procrastinate_workers (last_heartbeat)"
                    " VALUES (now() - make_interval(secs => :s)) RETURNING id"
                ),
                {"s": silent_s},
            )
            row = await session.execute(
                text("SELECT id FROM procrastinate_fetch_job_v2(NULL, :worker)"),
                {"worker": worker_id},
            )
            return worker_id, row.scalar()

    return fetch


async def run_rescue(tools, **how):
    async with tools.database.transaction() as session:
        found = await rescue.orphans(session, **{"grace_s": GRACE_S, **how})
        return await rescue.rescue(session, found)


@pytest.fixture
async def long_running_server(tools):
    """Wait until the server has run for longer than the grace: no rescue comes before that."""

    async def is_old():
        async with tools.database.transaction() as session:
            statement = text(
                "SELECT now() - pg_postmaster_start_time() > make_interval(secs => :s)"
            )
            return await session.scalar(statement, {"s": GRACE_S})

    while not await is_old():
        await asyncio.sleep(0.1)


@pytest.mark.usefixtures("long_running_server")
class TestRescue:
    async def test_an_orphan_ends_and_a_successor_waits_in_its_place(self, tools, owner_id, fetch):
        job = await add_job(tools, owner_id)
        _, old = await fetch(silent_s=10)

        successors = await run_rescue(tools)

        assert set(successors) == {old} == {job.queue_job_id}
        gone, new = await queue_row(tools, old), await queue_row(tools, successors[old])
        assert (gone["status"], gone["attempts"]) == ("aborted", 1)
        assert (new["status"], new["attempts"], new["worker_id"]) == ("todo", 1, None)
        assert new["args"] == gone["args"]
        assert new["priority"] == gone["priority"] + 1

    async def test_a_living_workers_queue_job_is_left_alone(self, tools, owner_id, fetch):
        await add_job(tools, owner_id)
        _, old = await fetch(silent_s=0)

        assert await run_rescue(tools) == {}
        assert (await queue_row(tools, old))["status"] == "doing"

    async def test_a_queue_job_whose_worker_is_forgotten_is_an_orphan(self, tools, owner_id, fetch):
        await add_job(tools, owner_id)
        worker_id, old = await fetch(silent_s=0)
        async with tools.database.transaction() as session:
            statement = text("DELETE FROM procrastinate_workers WHERE id = :id")
            await session.execute(statement, {"id": worker_id})

        assert set(await run_rescue(tools)) == {old}

    async def test_an_orphan_that_was_being_cancelled_has_no_successor(
        self, tools, owner_id, fetch
    ):
        await add_job(tools, owner_id)
        _, old = await fetch(silent_s=10)
        async with tools.database.transaction() as session:
            statement = text("SELECT procrastinate_cancel_job_v1(:id, true, false)")
            await session.execute(statement, {"id": old})

        assert await run_rescue(tools) == {}
        assert (await queue_row(tools, old))["status"] == "aborted"

    async def test_two_nodes_at_once_rescue_once(self, tools, owner_id, fetch):
        for _ in range(5):
            await add_job(tools, owner_id)
            await fetch(silent_s=10)

        first, second = await asyncio.gather(run_rescue(tools), run_rescue(tools))

        assert len(first) + len(second) == 5
        assert not set(first) & set(second)

    @pytest.mark.parametrize("late", ["finish", "retry"])
    async def test_a_worker_that_wakes_up_late_cannot_touch_the_successor(
        self, tools, owner_id, fetch, postgres_url, late
    ):
        await add_job(tools, owner_id)
        _, old = await fetch(silent_s=10)
        successors = await run_rescue(tools)
        statement = {
            "finish": "SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)",
            "retry": "SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)",
        }[late]

        with psycopg.connect(postgres_url) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement, [old])

        assert (await queue_row(tools, successors[old]))["status"] == "todo"
        assert (await queue_row(tools, old))["status"] == "aborted"


@pytest.mark.usefixtures("long_running_server")
async def test_a_rescue_in_the_middle_of_a_cancel_waits_for_nobody(
    make_node, make_stage, owner_id, fetch
):
    """Each has what the other wants next, unless both take the job before its queue job."""
    node = await make_node(make_stage())
    job = await add_job(node.tools, owner_id)
    _, old = await fetch(silent_s=10)

    async with node.tools.database.transaction() as session:
        await jobs.cancel(session, await jobs.find(session, job.id))
        async with asyncio.timeout(5):
            assert await node.upkeep.rescue() == []
        await cancel.cancel(session, old)
    await node.upkeep.rescue()

    assert (await queue_row(node.tools, old))["status"] == "aborted"
    assert (await read_job(node.tools, job.id)).status == "cancelled"


async def test_nobody_is_rescued_within_a_grace_of_the_servers_start(tools, owner_id, fetch):
    await add_job(tools, owner_id)
    await fetch(silent_s=10**6)

    assert await run_rescue(tools, grace_s=10**6 / 2) == {}


async def test_known_orphans_are_rescued_whatever_the_heartbeat(tools, owner_id, fetch):
    await add_job(tools, owner_id)
    _, old = await fetch(silent_s=0)

    assert set(await run_rescue(tools, known_orphans=[old])) == {old}


@pytest.mark.usefixtures("long_running_server")
async def test_the_successor_does_the_job(make_node, make_stage, owner_id, fetch):
    node = await make_node(make_stage())
    job = await add_job(node.tools, owner_id)
    await fetch(silent_s=10)

    async with node.working():
        done = await ended(node.tools, job.id)

    assert done.status == "completed"
    assert done.queue_job_id != job.queue_job_id
    assert (await queue_row(node.tools, done.queue_job_id))["status"] == "succeeded"


async def test_a_queue_job_that_its_own_process_does_not_run_is_an_orphan(
    make_node, make_stage, owner_id
):
    """As after an outage in which the end of a run could not be written down."""
    node = await make_node(make_stage())
    async with node.working():
        async with asyncio.timeout(10):
            while not node.workers.worker_ids:
                await asyncio.sleep(0.05)
        job = await add_job(node.tools, owner_id)
        await ended(node.tools, job.id)
        async with node.tools.database.transaction() as session:
            await session.execute(
                text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker"),
                {"worker": min(node.workers.worker_ids)},
            )
        for _ in range(2):
            await node.upkeep.rescue()
        async with asyncio.timeout(10):
            while (await queue_row(node.tools, job.queue_job_id))["status"] == "doing":
                await asyncio.sleep(0.05)

    assert (await read_job(node.tools, job.id)).status == "completed"
