"""Of jobs that would make the same, one runs; the others wait for it, and not for ever."""

import asyncio

import pytest
from sqlalchemy import text

from soundforge import errors
from soundforge.library import claims, jobs, moves
from tests.plugins.pipeline import add_job

KEY = "ab" * 32


@pytest.fixture
def run(tools, owner_id):
    """Begin a job of a song of its own; return it as it runs."""

    async def run():
        job = await add_job(tools, owner_id)
        async with tools.database.transaction() as session:
            begun = await jobs.begin(
                session, job.id, queue_job_id=job.queue_job_id, node="here", max_runs=3
            )
            await in_queue(session, job, "doing")
        return begun[0]

    return run


async def in_queue(session, job, status):
    """Let the queue job be in a state: a worker that has it says ``doing``."""
    await session.execute(
        text(f"UPDATE procrastinate_jobs SET status = '{status}' WHERE id = :id"),
        {"id": job.queue_job_id},
    )


@pytest.fixture
def claim(tools):
    """Let a run claim the key, or another one; return whether it may go on."""

    async def claim(job, key=KEY):
        async with tools.database.transaction() as session:
            return await claims.claim(session, job.id, job.attempt, key)

    return claim


async def test_one_of_two_has_the_claim_and_may_ask_again(run, claim):
    first, second = await run(), await run()

    assert await claim(first)
    assert not await claim(second)
    assert await claim(first)
    assert await claim(second, "cd" * 32)


async def test_of_two_that_ask_at_the_same_moment_one_has_it(run, claim):
    for _ in range(5):
        key = f"{_:064d}"
        both = [await run(), await run()]
        assert sorted(await asyncio.gather(*(claim(job, key) for job in both))) == [False, True]


async def test_a_claim_ends_with_its_run_however_that_ends(tools, run, claim):
    first, second = await run(), await run()
    assert await claim(first)

    async with tools.database.transaction() as session:
        assert await jobs.fail(session, first.id, 1, errors.Unavailable("down", "Down."))

    assert await claim(second)


async def test_the_claim_of_a_killed_worker_ends_when_its_job_is_back_in_the_queue(
    tools, run, claim
):
    """Else who waits for it could hold the worker that it needs, and both would wait for ever."""
    killed, waiting = await run(), await run()
    assert await claim(killed)
    assert not await claim(waiting)

    async with tools.database.transaction() as session:
        await in_queue(session, killed, "todo")

    assert await claim(waiting)


async def test_a_job_that_was_given_to_another_worker_claims_anew(tools, run, claim):
    """Else two that had the claim before a restart would wait for each other."""
    first, second = await run(), await run()
    assert await claim(first)
    async with tools.database.transaction() as session:
        job = await jobs.find(session, first.id)
        moves.begin_attempt(job)
        await session.flush()
        begun = await jobs.begin(
            session, job.id, queue_job_id=job.queue_job_id, node="there", max_runs=3
        )
    again = begun[0]

    assert await claim(second)
    assert not await claim(again)


async def test_a_run_that_was_given_up_notes_nothing(tools, run, claim):
    job = await run()
    job.attempt = 0

    await claim(job)

    async with tools.database.transaction() as session:
        assert (await jobs.find(session, job.id)).content_key is None
