"""Queue jobs live and die with the caller's transaction, and run in the order of priority."""

import asyncio
import contextlib

from soundforge.pipeline import actions, start
from soundforge.pipeline.start import BATCH, WAITED_FOR, Plan
from tests.plugins.pipeline import (
    add_job,
    add_track,
    begin,
    ended,
    eventually,
    queue_row,
    read_job,
)


async def test_a_commit_keeps_the_row_and_its_queue_job(tools, owner_id):
    job = await add_job(tools, owner_id)

    row = await queue_row(tools, job.queue_job_id)
    assert (row["status"], row["queue_name"], row["args"]) == (
        "todo",
        "processing",
        {"job_id": str(job.id)},
    )


async def test_a_rollback_leaves_neither(tools, owner_id):
    track = await add_track(tools, owner_id)

    with contextlib.suppress(RuntimeError):
        async with tools.database.transaction() as session:
            (job,) = await start.begin(session, tools.queue, [(track.id, Plan("separate"))])
            raise RuntimeError

    assert await read_job(tools, job.id) is None
    assert await queue_row(tools, job.queue_job_id) is None


async def test_what_a_person_waits_for_runs_before_a_batch(make_node, make_stage, owner_id):
    ran = []

    async def work(_, job, *__):
        ran.append(job.id)

    node = await make_node(make_stage(work=work))
    track = await add_track(node.tools, owner_id)
    batch = await begin(node.tools, track.id, *["separate"] * 50, priority=BATCH)
    (waited_for,) = await begin(node.tools, track.id, "separate", priority=WAITED_FOR)

    async with node.working():
        await ended(node.tools, batch[-1].id)

    assert waited_for.id in ran[:2]  # two run at once
    assert ran.count(waited_for.id) == 1
    assert set(ran) == {waited_for.id, *(job.id for job in batch)}


async def test_a_cancelled_queue_job_that_waits_never_runs(make_node, make_stage, owner_id):
    ran = []

    async def work(_, job, *__):
        ran.append(job.id)

    node = await make_node(make_stage(work=work))
    job = await add_job(node.tools, owner_id)
    await actions.cancel(node.tools, owner_id, job.id)
    after = await add_job(node.tools, owner_id)

    async with node.working():
        await ended(node.tools, after.id)

    assert ran == [after.id]
    assert (await queue_row(node.tools, job.queue_job_id))["status"] == "cancelled"
    assert (await read_job(node.tools, job.id)).status == "cancelled"


async def test_a_cancel_ends_a_run_at_once_from_another_node(make_node, make_stage, owner_id):
    begun, ended_by = asyncio.Event(), []

    async def work(*_):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended_by.append("cancel")
            raise

    node, other = await make_node(make_stage(work=work)), await make_node(make_stage())
    job = await add_job(node.tools, owner_id)
    async with node.working():
        await asyncio.wait_for(begun.wait(), 10)
        await actions.cancel(other.tools, owner_id, job.id)

        async def is_aborted():
            return (await queue_row(node.tools, job.queue_job_id))["status"] == "aborted"

        await eventually(is_aborted, timeout_s=3)

    assert ended_by == ["cancel"]
    assert (await read_job(node.tools, job.id)).status == "cancelled"
