"""Of queue jobs that run, one holds a lock; who wants it later does not run, and not for ever."""

import asyncio

import pytest
from sqlalchemy import text

from soundforge.jobs import Done, Run, Snooze, locks, snooze
from soundforge.pipeline import actions, stage
from soundforge.pipeline.waiting import MustWaitError
from tests.plugins.pipeline import add_job, let_be, queue_row

LOCK = "ab" * 32


@pytest.fixture
def add(tools, owner_id):
    """Add a queue job, in a state: one that a worker has is ``doing``."""

    async def add(status="doing"):
        job = await add_job(tools, owner_id)
        await let_be(tools, job.queue_job_id, status)
        return job.queue_job_id

    return add


@pytest.fixture
def take(tools):
    async def take(queue_job_id, lock=LOCK):
        async with tools.database.transaction() as session:
            return await locks.take(session, queue_job_id, lock)

    return take


async def test_one_of_two_holds_the_lock_and_may_ask_again(add, take):
    first, second = await add(), await add()

    assert await take(first)
    assert not await take(second)
    assert await take(first)
    assert await take(second, "cd" * 32)


async def test_of_two_that_ask_at_the_same_moment_one_holds_it(add, take):
    for n in range(5):
        both = [await add(), await add()]
        answers = await asyncio.gather(*(take(one, f"lock {n}") for one in both))
        assert sorted(answers) == [False, True]


async def test_a_refusal_leaves_the_transaction_of_its_caller_usable(tools, add, take):
    first, second = await add(), await add()
    assert await take(first)

    async with tools.database.transaction() as session:
        assert not await locks.take(session, second, LOCK)
        assert await locks.take(session, second, "another")

    assert (await queue_row(tools, second))["lock"] == "another"


@pytest.mark.parametrize("status", ["succeeded", "failed", "aborted", "todo"])
async def test_a_lock_ends_with_the_run_however_that_ends(tools, add, take, status):
    first, second = await add(), await add()
    assert await take(first)

    await let_be(tools, first, status)

    assert await take(second)


async def test_a_lock_that_is_released_is_free(tools, add, take):
    first, second = await add(), await add()
    assert await take(first)

    async with tools.database.transaction() as session:
        await locks.release(session, first)

    assert await take(second)


async def test_a_run_that_was_given_away_takes_nothing(tools, add, take):
    lost = await add("aborted")

    assert await take(lost)

    assert (await queue_row(tools, lost))["lock"] is None


async def test_a_job_that_must_wait_is_as_if_it_had_not_begun(tools, owner_id, make_stage):
    async def work(*_):
        raise MustWaitError("Waits for another", lock=LOCK, after_s=7)

    job = await add_job(tools, owner_id)
    await let_be(tools, job.queue_job_id, "doing")
    queue_run = Run(job.queue_job_id, "separate", {"job_id": str(job.id)})

    assert await stage.run(make_stage(work=work), queue_run, tools) == Snooze(
        "Waits for another", 7, LOCK
    )


async def test_who_is_cancelled_while_it_finds_that_it_must_wait_stays_cancelled(
    tools, owner_id, make_stage
):
    async def work(_, job, *__):
        await actions.cancel(tools, owner_id, job.id)
        raise MustWaitError("Waits for another", lock=LOCK)

    job = await add_job(tools, owner_id)
    await let_be(tools, job.queue_job_id, "doing")
    queue_run = Run(job.queue_job_id, "separate", {"job_id": str(job.id)})

    assert await stage.run(make_stage(work=work), queue_run, tools) == Done()


async def test_only_what_was_to_wait_longer_is_woken(tools, add):
    waiting, running, ended = await add("todo"), await add(), await add("cancelled")
    async with tools.database.transaction() as session:
        await session.execute(
            text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
        )
        await snooze.wake(session, [waiting, running, ended])

    assert [(await queue_row(tools, one))["scheduled_at"] is None
            for one in (waiting, running, ended)] == [True, False, False]  # fmt: skip
