"""What runs by itself: recovery after a crash, stranded jobs, pruning."""

from datetime import timedelta

from sqlalchemy import text

from soundforge.jobs import prune
from soundforge.library import jobs
from tests.plugins.pipeline import add_job, ended, queue_row, read_job


async def execute(tools, statement, **values):
    async with tools.database.transaction() as session:
        await session.execute(text(statement), values)


async def test_a_start_gives_back_at_once_what_this_node_was_doing(make_node, make_stage, owner_id):
    node = await make_node(make_stage())
    job = await add_job(node.tools, owner_id)
    other = await add_job(node.tools, owner_id)
    for one, name in ((job, node.tools.node), (other, "somebody-else")):
        await execute(
            node.tools,
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE id = :id",
            id=one.queue_job_id,
        )
        async with node.tools.database.transaction() as session:
            await jobs.begin(session, one.id, queue_job_id=one.queue_job_id, node=name, max_runs=3)

    assert await node.upkeep.recover() == 1

    assert (await queue_row(node.tools, other.queue_job_id))["status"] == "doing"
    async with node.working():
        done = await ended(node.tools, job.id)
    assert (done.status, done.attempt, done.runs) == ("completed", 2, 2)


async def test_a_job_whose_queue_job_has_ended_without_it_is_queued_again(
    make_node, make_stage, owner_id
):
    node = await make_node(make_stage())
    lost, forgotten, fine = [await add_job(node.tools, owner_id) for _ in range(3)]
    await execute(
        node.tools,
        "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :id",
        id=lost.queue_job_id,
    )
    await execute(
        node.tools, "DELETE FROM procrastinate_jobs WHERE id = :id", id=forgotten.queue_job_id
    )

    assert await node.upkeep.reunite() == 2
    assert await node.upkeep.reunite() == 0

    assert (await read_job(node.tools, fine.id)).queue_job_id == fine.queue_job_id
    async with node.working():
        for job in (lost, forgotten, fine):
            assert (await ended(node.tools, job.id)).status == "completed"


async def test_only_queue_jobs_that_ended_long_ago_are_forgotten(make_node, make_stage, owner_id):
    node = await make_node(make_stage())
    old, fresh = [await add_job(node.tools, owner_id) for _ in range(2)]
    async with node.working():
        for job in (old, fresh):
            await ended(node.tools, job.id)
    waiting = await add_job(node.tools, owner_id)
    await execute(
        node.tools,
        "UPDATE procrastinate_events SET at = at - :age WHERE job_id <> :fresh",
        age=timedelta(days=8),
        fresh=fresh.queue_job_id,
    )

    async with node.tools.database.transaction() as session:
        assert await prune.prune(session, keep_days=7) == 1

    assert await queue_row(node.tools, old.queue_job_id) is None
    assert await queue_row(node.tools, fresh.queue_job_id)
    assert await queue_row(node.tools, waiting.queue_job_id)
    assert (await read_job(node.tools, old.id)).status == "completed"
