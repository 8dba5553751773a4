"""Who waits for another job, or for memory, holds no worker, loses nothing, and is not overtaken
for ever."""

import asyncio

import pytest

from soundforge import errors
from soundforge.jobs import snooze
from soundforge.library import Status, tracks
from soundforge.pipeline import actions, outlook, reuse
from soundforge.pipeline.admission import Admission, Asker
from soundforge.pipeline.start import BATCH
from tests.plugins.pipeline import add_track, begin, ended, eventually, queue_row, read_job

GB = 10**9
KEY = "ab" * 32


class Machine:
    """A machine of 8 GB that all nodes of a test run on; work takes its memory when it likes."""

    def __init__(self):
        self.free = 8 * GB

    def admission(self, **more):
        return Admission(
            available=lambda: self.free, total=lambda: 8 * GB, machine="of this test", **more
        )


class Song:
    """What the jobs of a test do, by their model: ``<GB>`` of memory, or a key; and when it ends.

    A job ends when the test says so; until then it works, once it may.
    """

    def __init__(self):
        self.at_work, self.order, self.may_end, self.failing = set(), [], {}, set()

    async def work(self, tools, job, track, report):
        del track, report
        if job.model.startswith("key"):
            await reuse.claim(tools, job, KEY)
            await self._works(job)
        elif job.model == "light":
            await self._works(job)
        else:
            asker = Asker.of(job, held=lambda: 0, make_room=no_room)
            ways = [int(float(job.model) * GB)]
            async with tools.admission.admitted(tools.database, asker, ways):
                await self._works(job)

    async def _works(self, job):
        self.order.append(job.id)
        self.at_work.add(job.id)
        try:
            await self.may_end.setdefault(job.id, asyncio.Event()).wait()
        finally:
            self.at_work.discard(job.id)
        if job.id in self.failing:
            raise errors.Unavailable("engine_crashed", "The program ended.", "Retry.")

    def end(self, job):
        self.may_end.setdefault(job.id, asyncio.Event()).set()

    async def works(self, *jobs):
        async def look():
            return self.at_work >= {job.id for job in jobs}

        await eventually(look, timeout_s=8)


async def no_room():
    return False


@pytest.fixture
def machine():
    return Machine()


@pytest.fixture
def song():
    return Song()


@pytest.fixture
async def node(make_node, make_stage, machine, song):
    """A node with two places for separations."""
    made = await make_node(make_stage(work=song.work), admission=machine.admission())
    async with made.working():
        yield made


@pytest.fixture
def add(node, owner_id):
    """Queue a job whose model says what it does."""

    async def add(model, tools=None, **more):
        track = await add_track(node.tools, owner_id)
        (job,) = await begin(tools or node.tools, track.id, "separate", model=model, **more)
        return job

    return add


@pytest.fixture
def waits(node):
    """Return the job once it waits in line and says what for."""

    async def waits(job, message):
        async def look():
            row = await read_job(node.tools, job.id)
            queued = await queue_row(node.tools, row.queue_job_id)
            is_waiting = row.status == "queued" and queued["status"] == "todo"
            return row if is_waiting and message in row.message else None

        return await eventually(look, timeout_s=8)

    return waits


async def test_two_that_wait_for_a_third_leave_a_place_for_others(node, song, add, waits):
    maker = await add("key")
    await song.works(maker)
    waiting = [await add("key"), await add("key")]
    for job in waiting:
        await waits(job, "The same audio is being separated already")
    other = await add("light")

    await song.works(maker, other)

    song.end(maker)
    await song.works(waiting[0])
    for job in (*waiting, other):
        song.end(job)
    for job in (maker, *waiting, other):
        done = await ended(node.tools, job.id)
        assert (done.status, done.attempt, done.runs) == ("completed", 1, 1)
    assert [one for one in song.order if one != other.id] == [maker.id, *(j.id for j in waiting)]


async def test_two_that_wait_for_memory_leave_a_place_for_others(machine, node, song, add, waits):
    machine.free = GB
    waiting = [await add("3"), await add("3")]
    for job in waiting:
        await waits(job, "Waits for memory: 3.0 GB needed, 1.0 GB free")
    other = await add("light")

    await song.works(other)

    machine.free = 8 * GB
    await song.works(waiting[0])
    for job in (*waiting, other):
        song.end(job)
    for job in (*waiting, other):
        done = await ended(node.tools, job.id)
        assert (done.status, done.attempt, done.runs, done.message) == ("completed", 1, 1, "")


@pytest.mark.parametrize("is_failing", [False, True])
async def test_who_waits_for_a_job_goes_on_at_once_when_that_ends_or_is_to_be_tried_again(
    song, add, waits, is_failing
):
    maker = await add("key")
    await song.works(maker)
    waiting = await add("key")
    await waits(waiting, "The same audio")
    began = asyncio.get_running_loop().time()

    if is_failing:
        song.failing.add(maker.id)
    song.end(maker)
    await song.works(waiting)

    assert asyncio.get_running_loop().time() - began < 2
    song.end(waiting)


async def test_memory_that_a_job_gives_back_wakes_who_waits_at_once(song, add, waits):
    first = await add("5")
    await song.works(first)
    second = await add("5")
    await waits(second, "5.0 GB needed, 3.0 GB free beside what other jobs were promised")
    began = asyncio.get_running_loop().time()

    song.end(first)
    await song.works(second)

    assert asyncio.get_running_loop().time() - began < 2
    song.end(second)


async def test_no_number_of_waits_counts_as_failures(machine, node, song, add, waits):
    """The queue's last resort ends a queue job after twenty runs."""
    machine.free = GB
    job = await add("3")
    for _ in range(25):
        await waits(job, "Waits for memory")
        async with node.tools.database.transaction() as session:
            await snooze.wake(session, [job.queue_job_id])

    await waits(job, "Waits for memory")
    assert (await queue_row(node.tools, job.queue_job_id))["attempts"] == 0
    machine.free = 8 * GB
    await song.works(job)
    song.end(job)

    done = await ended(node.tools, job.id)
    assert (done.status, done.attempt, done.runs) == ("completed", 1, 1)
    assert done.queue_job_id == job.queue_job_id


async def test_who_waits_is_told_what_for_and_its_place_in_line(
    machine, node, owner_id, add, waits
):
    machine.free = GB
    first, second = await add("3"), await add("4")
    await waits(first, "3.0 GB needed")
    await waits(second, "4.0 GB needed")

    async with node.tools.database.transaction() as session:
        found = [await tracks.get(session, owner_id, job.track_id) for job in (first, second)]
        looks = await outlook.look(session, found)

    assert [(looks[job.id].queue_position, looks[job.id].reason) for job in (first, second)] == [
        (1, "Waits for memory: 3.0 GB needed, 1.0 GB free."),
        (2, "Waits for memory: 4.0 GB needed, 1.0 GB free."),
    ]


async def test_a_job_that_is_cancelled_while_it_waits_never_runs_and_keeps_nothing_from_others(
    machine, node, song, owner_id, add, waits
):
    maker = await add("key")
    await song.works(maker)
    machine.free = GB
    for_memory, for_maker, after = await add("3"), await add("key"), await add("key")
    await waits(for_memory, "Waits for memory")
    for job in (for_maker, after):
        await waits(job, "The same audio")

    for job in (for_memory, for_maker):
        await actions.cancel(node.tools, owner_id, job.id)
    machine.free = 8 * GB
    song.end(maker)
    await song.works(after)

    for job in (for_memory, for_maker):
        assert (await read_job(node.tools, job.id)).status == Status.CANCELLED
        assert (await queue_row(node.tools, job.queue_job_id))["status"] == "cancelled"
    assert song.order == [maker.id, after.id]
    song.end(after)


async def test_small_jobs_pass_a_large_one_that_waits_but_not_for_ever(
    make_node, make_stage, machine, song, owner_id
):
    """Else a stream of small ones, of which one always runs, would starve it."""
    admission = machine.admission(overtaken_s=2.0)
    node = await make_node(make_stage(work=song.work), admission=admission)

    async def add(model):
        track = await add_track(node.tools, owner_id)
        return (await begin(node.tools, track.id, "separate", model=model))[0]

    async with node.working():
        small = [await add("3")]
        await song.works(small[0])
        large = await add("6")
        small.append(await add("3"))
        await song.works(small[1])  # it passes
        await asyncio.sleep(2.0)
        small += [await add("3") for _ in range(3)]
        song.end(small[0])
        await asyncio.sleep(2.0)  # a place and 5 GB are free, and are kept for the large one
        assert song.at_work == {small[1].id}
        song.end(small[1])
        await song.works(large)
        assert song.order == [small[0].id, small[1].id, large.id]
        for job in (large, *small):
            song.end(job)
        for job in (large, *small):
            assert (await ended(node.tools, job.id)).status == "completed"


async def test_what_other_programs_have_is_not_kept_for_a_job_that_cannot_begin_anyway(
    make_node, make_stage, machine, song, owner_id
):
    """Nothing of ours runs, so nothing of ours will make room: others need not wait with it."""
    node = await make_node(make_stage(work=song.work), admission=machine.admission(overtaken_s=0.0))
    machine.free = 4 * GB
    tracks_ = [await add_track(node.tools, owner_id) for _ in range(2)]
    (large,) = await begin(node.tools, tracks_[0].id, "separate", model="6")
    (small,) = await begin(node.tools, tracks_[1].id, "separate", model="3")

    async with node.working():
        await song.works(small)

        async def large_waits():
            job = await read_job(node.tools, large.id)
            return job.status == "queued" and "Waits for memory: 6.0 GB needed" in job.message

        await eventually(large_waits, timeout_s=8)
        song.end(small)
        await ended(node.tools, small.id)


async def test_a_batch_that_waits_for_memory_keeps_nobody_who_is_waited_for(
    make_node, make_stage, machine, song, owner_id
):
    node = await make_node(make_stage(work=song.work), admission=machine.admission(overtaken_s=0.0))

    async def add(model, **more):
        track = await add_track(node.tools, owner_id)
        return (await begin(node.tools, track.id, "separate", model=model, **more))[0]

    async with node.working():
        first = await add("3")
        await song.works(first)
        await add("6", priority=BATCH)
        waited_for = await add("3")

        await song.works(first, waited_for)

        for job in (first, waited_for):
            song.end(job)
            await ended(node.tools, job.id)


async def test_two_processes_on_a_machine_promise_its_memory_once(
    make_node, make_stage, machine, song, owner_id
):
    nodes = [
        await make_node(make_stage(work=song.work), admission=machine.admission()) for _ in range(2)
    ]
    added = []
    async with nodes[0].working(), nodes[1].working():
        for _ in range(4):
            track = await add_track(nodes[0].tools, owner_id)
            added += await begin(nodes[0].tools, track.id, "separate", model="3")

        async def two_wait():
            rows = [await read_job(nodes[0].tools, job.id) for job in added]
            waiting = [row for row in rows if "beside what other jobs were promised" in row.message]
            return len(waiting) == 2 and len(song.at_work) == 2

        await eventually(two_wait)
        first_two = set(song.at_work)
        for job in added:
            song.end(job)
        done = [await ended(nodes[0].tools, job.id) for job in added]

    assert {job.status for job in done} == {"completed"}
    assert {job.id for job in added[:2]} == first_two


async def test_many_of_the_same_on_two_nodes_are_made_one_after_the_other_and_all_are_made(
    make_node, make_stage, owner_id
):
    """Claims race with claims, and with workers that fetch who waited for one."""
    at_work, most = set(), []

    async def work(tools, job, *_):
        await reuse.claim(tools, job, KEY)
        at_work.add(job.id)
        most.append(len(at_work))
        await asyncio.sleep(0.02)
        at_work.remove(job.id)

    nodes = [await make_node(make_stage(work=work)) for _ in range(2)]
    added = []
    for _ in range(12):
        track = await add_track(nodes[0].tools, owner_id)
        added += await begin(nodes[0].tools, track.id, "separate")

    async with nodes[0].working(), nodes[1].working():
        done = [await ended(nodes[0].tools, job.id) for job in added]

    assert {(job.status, job.attempt, job.runs) for job in done} == {("completed", 1, 1)}
    assert most == [1] * 12
