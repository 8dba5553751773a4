"""The end of a track's way is announced once, and every move of the queue to who waits there."""

import asyncio

import pytest

from soundforge import events
from soundforge.pubsub import PubSub
from tests.plugins.pipeline import add_track, begin, ended, eventually, read_job


@pytest.fixture
async def hear(postgres_url):
    """Return all that is announced on a topic while a block runs."""
    pubsub = PubSub(postgres_url)
    await pubsub.start()
    yield pubsub
    await pubsub.stop()


@pytest.fixture
async def take(make_node, make_stage, owner_id, hear):
    """Take a track through separation and analysis; return the names of what was announced.

    The stages end in ``order``, or at the same moment.
    """
    gates = {"separate": asyncio.Event(), "analyze": asyncio.Event()}

    async def work(_, job, *__):
        await gates[job.stage].wait()

    node = await make_node(*(make_stage(name, work=work) for name in gates))

    async def take(*order):
        track = await add_track(node.tools, owner_id)
        with hear.subscribe(events.track_topic(track.id)) as heard:
            jobs = {job.stage: job for job in await begin(node.tools, track.id, *gates)}
            for name in order:
                gates[name].set()
                await ended(node.tools, jobs[name].id)
            for gate in gates.values():
                gate.set()
            for job in jobs.values():
                await ended(node.tools, job.id)
            for gate in gates.values():
                gate.clear()
            return [message.event for message in await collect(heard)]

    async with node.working():
        yield take


@pytest.mark.parametrize("order", [("separate", "analyze"), ("analyze", "separate")])
async def test_the_end_of_the_pipeline_is_announced_exactly_once(take, order):
    names = await take(*order)

    assert names.count(events.PIPELINE_COMPLETE) == 1
    assert names[-1] == events.PIPELINE_COMPLETE


async def test_so_it_is_when_both_stages_end_at_the_same_moment(take):
    ways = [await take() for _ in range(4)]

    assert [names.count(events.PIPELINE_COMPLETE) for names in ways] == [1] * 4


async def collect(heard):
    """Return what has arrived, until nothing comes for a while."""
    found = []
    while True:
        try:
            async with asyncio.timeout(0.5):
                found.append(await heard.get())
        except TimeoutError:
            return found


async def test_the_queue_moves_when_a_job_comes_begins_or_ends_and_not_with_its_progress(
    make_node, make_stage, owner_id, hear
):
    gate = asyncio.Event()

    async def work(_, __, ___, report):
        report(0.5, "half way")
        await gate.wait()

    node = await make_node(make_stage(work=work))
    track = await add_track(node.tools, owner_id)
    with hear.subscribe(events.QUEUE) as heard:

        async def moved():
            return [message.event for message in await collect(heard)]

        (job,) = await begin(node.tools, track.id, "separate")
        assert await moved() == [events.QUEUE_MOVED]
        async with node.working():

            async def is_half_way():
                return (await read_job(node.tools, job.id)).progress == 50

            await eventually(is_half_way)
            assert await moved() == [events.QUEUE_MOVED]
            gate.set()
            await ended(node.tools, job.id)
            assert await moved() == [events.QUEUE_MOVED]
