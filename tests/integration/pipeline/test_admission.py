"""Work begins when its memory is there, says what it waits for, and does not wait for ever, nor
for what can never be."""

import contextlib
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from soundforge import errors
from soundforge.library import memory_ledger
from soundforge.pipeline.admission import Admission, Asker
from soundforge.pipeline.waiting import MustWaitError
from tests.plugins.pipeline import add_job, let_be

GB = 10**9
HERE = "of this test"


@dataclass
class Machine:
    """A machine of 8 GB, of which some is free."""

    free: int | None

    def admission(self, *, total=8 * GB, **more):
        return Admission(
            available=lambda: self.free, total=lambda: total, **{"machine": HERE, **more}
        )


async def no_room():
    return False


@pytest.fixture
def asker(tools, owner_id):
    """Add a running queue job that asks for memory."""

    async def asker(*, held=lambda: 0, make_room=no_room):
        job = await add_job(tools, owner_id)
        await let_be(tools, job.queue_job_id, "doing")
        return Asker.of(job, held=held, make_room=make_room)

    return asker


async def ledger(tools):
    async with tools.database.transaction() as session:
        return await memory_ledger.read(session, HERE)


@pytest.mark.parametrize("free", [2 * GB, 1 * GB, None])
async def test_what_fits_or_cannot_be_known_begins_at_once(tools, asker, free):
    async with Machine(free).admission().admitted(tools.database, await asker(), [GB]) as way:
        assert way == 0

    assert await ledger(tools) == memory_ledger.Ledger()


async def test_what_does_not_fit_must_wait_and_says_what_for(tools, asker):
    machine, one = Machine(GB // 2), await asker()

    with pytest.raises(MustWaitError, match=r"^Waits for memory: 1.0 GB needed, 0.5 GB free$"):
        async with machine.admission().admitted(tools.database, one, [GB]):
            pass
    (waiter,) = (await ledger(tools)).waiters
    assert (waiter.queue_job_id, waiter.needed_bytes) == (one.queue_job_id, GB)

    machine.free = 2 * GB
    async with machine.admission().admitted(tools.database, one, [GB]):
        found = await ledger(tools)
        assert (len(found.promises), found.waiters) == (1, ())


async def test_who_was_rescued_to_the_front_keeps_no_memory_from_itself(tools, asker):
    machine, one = Machine(GB // 2), await asker()
    admission = machine.admission(overtaken_s=0)
    with pytest.raises(MustWaitError):
        async with admission.admitted(tools.database, one, [GB]):
            pass
    async with tools.database.transaction() as session:
        await session.execute(
            text("UPDATE procrastinate_jobs SET priority = priority + 1 WHERE id = :id"),
            {"id": one.queue_job_id},
        )

    machine.free = 3 * GB // 2
    async with admission.admitted(tools.database, one, [GB]) as way:
        assert way == 0


async def test_who_waits_again_has_waited_since_the_first_time(tools, asker):
    short, one = Machine(GB // 2).admission(), await asker()
    since = []
    for _ in range(2):
        with pytest.raises(MustWaitError):
            async with short.admitted(tools.database, one, [GB]):
                pass
        since.append((await ledger(tools)).waiters[0].since)

    assert since[0] == since[1]


async def test_memory_that_never_comes_is_told_with_its_figures(tools, asker):
    short = Machine(GB // 2).admission(patience_s=0)

    with pytest.raises(errors.Unavailable, match=r"3.1 GB needed, 0.5 GB free") as raised:
        async with short.admitted(tools.database, await asker(), [3_100_000_000]):
            pass

    assert raised.value.code == "memory_short"
    assert (await ledger(tools)).waiters == ()


async def test_what_this_machine_can_never_give_is_refused_at_once_and_for_good(tools, asker):
    small = Machine(GB).admission(total=4 * GB)

    with pytest.raises(errors.Conflict, match=r"needs 4.9 GB .* is 4.0 GB") as raised:
        async with small.admitted(tools.database, await asker(), [4_900_000_000]):
            pass

    assert raised.value.code == "memory_too_small"
    assert not raised.value.is_retryable


async def test_what_one_process_promised_is_not_promised_by_another(tools, asker):
    """Two jobs that start together look at the same free memory before either has taken any."""
    machine = Machine(4 * GB)
    first, second = machine.admission(), machine.admission()

    async with first.admitted(tools.database, await asker(), [3 * GB]):
        said = "3.0 GB needed, 1.0 GB free beside what other jobs were promised"
        with pytest.raises(MustWaitError, match=said):
            async with second.admitted(tools.database, await asker(), [3 * GB]):
                pass
    async with second.admitted(tools.database, await asker(), [3 * GB]):
        pass


async def test_another_machine_has_memory_of_its_own(tools, asker):
    machine = Machine(4 * GB)
    async with (
        machine.admission().admitted(tools.database, await asker(), [3 * GB]),
        machine.admission(machine="next door").admitted(tools.database, await asker(), [3 * GB]),
    ):
        pass


async def test_the_promise_of_a_killed_process_ends_when_its_job_is_given_back(tools, asker):
    machine, killed = Machine(4 * GB), await asker()

    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(
            machine.admission().admitted(tools.database, killed, [3 * GB])
        )
        await let_be(tools, killed.queue_job_id, "aborted")
        async with machine.admission().admitted(tools.database, await asker(), [3 * GB]):
            pass


async def test_a_promise_shrinks_by_what_its_work_has_taken(tools, asker):
    """What is taken is missing from what is free: counting it twice would keep others out."""
    machine = Machine(2 * GB)
    here, there = machine.admission(), machine.admission()

    async with here.admitted(tools.database, await asker(held=lambda: 2 * GB), [3 * GB]):
        async with here.admitted(tools.database, await asker(), [GB]):
            pass
        # The other process knows what this one has told: with every look that it takes.
        await here.wake(tools.database, held=lambda _: 0, make_room=lambda _: no_room())
        async with there.admitted(tools.database, await asker(), [GB]):
            pass


async def test_a_failure_gives_the_promise_back_and_says_that_there_is_room(tools, asker):
    machine = Machine(4 * GB)
    here = machine.admission()

    with pytest.raises(ValueError, match="no"):
        async with here.admitted(tools.database, await asker(), [3 * GB]):
            raise ValueError("no")

    assert here.is_left.is_set()
    async with here.admitted(tools.database, await asker(), [3 * GB]):
        pass


@pytest.mark.parametrize(
    ("ways", "total", "taken"), [([5, 3, 2], 8, 1), ([5, 3], 4, 1), ([3, 2], 8, 0)]
)
async def test_the_first_way_that_fits_is_taken(tools, asker, ways, total, taken):
    here = Machine(3 * GB).admission(total=total * GB)

    async with here.admitted(tools.database, await asker(), [way * GB for way in ways]) as way:
        assert way == taken


async def test_what_is_only_kept_for_later_goes_before_anybody_waits_or_takes_less(tools, asker):
    machine = Machine(GB // 2)

    async def make_room():
        machine.free = 2 * GB
        return True

    one = await asker(make_room=make_room)
    async with machine.admission().admitted(tools.database, one, [GB, GB // 4]) as way:
        assert way == 0


async def test_what_is_only_kept_for_later_goes_when_somebody_in_line_needs_it(tools, asker):
    machine, asked = Machine(GB // 2), []
    here, one = machine.admission(), await asker()
    with pytest.raises(MustWaitError):
        async with here.admitted(tools.database, one, [GB]):
            pass
    await let_be(tools, one.queue_job_id, "todo")

    async def make_room(model):
        asked.append(model)
        machine.free = 2 * GB
        return True

    assert await here.wake(tools.database, held=lambda _: 0, make_room=make_room) == 1
    assert len(asked) == 1
    assert await here.wake(tools.database, held=lambda _: 0, make_room=make_room) == 1
    assert len(asked) == 1
