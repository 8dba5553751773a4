"""Work waits for its memory, says so, and does not wait for ever, nor for what can never be."""

import asyncio

import pytest

from soundforge import errors
from soundforge.pipeline.admission import Admission

GB = 10**9


class Machine:
    """A machine of 8 GB, of which some is free."""

    def __init__(self, *free):
        self.free = list(free)

    def available(self):
        return self.free.pop(0) if len(self.free) > 1 else self.free[0]


def admission(*free, total=8 * GB, **more):
    more = {"every_s": 0, **more}
    return Admission(available=Machine(*free).available, total=lambda: total, **more)


@pytest.mark.parametrize("free", [2 * GB, 1 * GB, None])
async def test_what_fits_or_cannot_be_known_begins_at_once(free):
    said = []

    async with admission(free).admitted([GB], said.append) as way:
        assert way == 0

    assert said == []


async def test_what_does_not_fit_waits_until_it_does_and_says_so():
    said = []

    async with admission(*[GB // 2] * 4, 2 * GB).admitted([GB], said.append):
        pass

    assert said == ["Waits for memory: 1.0 GB needed, 0.5 GB free"] * 2


async def test_memory_that_never_comes_is_told_with_its_figures():
    short = admission(GB // 2, patience_s=0)

    with pytest.raises(errors.Unavailable, match=r"3.1 GB needed, 0.5 GB free") as raised:
        async with short.admitted([3_100_000_000], print):
            pass

    assert raised.value.code == "memory_short"


async def test_what_this_machine_can_never_give_is_refused_at_once_and_for_good():
    said = []

    with pytest.raises(errors.Conflict, match=r"needs 4.9 GB .* is 4.0 GB") as raised:
        async with admission(GB, total=4 * GB).admitted([4_900_000_000], said.append):
            pass

    assert raised.value.code == "memory_too_small"
    assert not raised.value.is_retryable
    assert said == []


async def test_what_was_promised_to_one_is_not_promised_to_another():
    """Two jobs that start together look at the same free memory before either has taken any."""
    both, said, order = admission(4 * GB), [], []
    leave = asyncio.Event()

    async def first():
        async with both.admitted([3 * GB], said.append):
            order.append("first in")
            await leave.wait()
            order.append("first out")

    async def second():
        async with both.admitted([3 * GB], said.append):
            order.append("second in")

    running = asyncio.gather(first(), second())
    while not said:
        await asyncio.sleep(0)
    assert said[0] == (
        "Waits for memory: 3.0 GB needed, 1.0 GB free beside what other jobs were promised"
    )
    leave.set()
    await running

    assert order == ["first in", "first out", "second in"]


async def test_a_promise_shrinks_by_what_its_work_has_taken():
    """What is taken is missing from what is free: counting it twice would keep others out."""
    both = admission(2 * GB)

    async with (
        both.admitted([3 * GB], print, held=lambda: 2 * GB),
        both.admitted([GB], print) as way,
    ):
        assert way == 0


async def test_a_failure_gives_the_promise_back():
    both = admission(4 * GB, patience_s=0)

    with pytest.raises(ValueError, match="no"):
        async with both.admitted([3 * GB], print):
            raise ValueError("no")

    async with both.admitted([3 * GB], print):
        pass


async def test_a_way_that_fits_is_taken_where_the_best_one_does_not():
    async with admission(3 * GB).admitted([5 * GB, 3 * GB, 2 * GB], print) as way:
        assert way == 1


async def test_where_a_smaller_way_fits_the_machine_the_best_one_is_not_needed():
    async with admission(3 * GB, total=4 * GB).admitted([5 * GB, 3 * GB], print) as way:
        assert way == 1


async def test_what_is_only_kept_for_later_goes_before_anybody_waits_or_takes_less():
    free = Machine(GB // 2)

    async def make_room():
        free.free = [2 * GB]
        return True

    tidy = Admission(available=free.available, total=lambda: None, every_s=0)

    async with tidy.admitted([GB, GB // 4], print, make_room=make_room) as way:
        assert way == 0


async def test_where_nothing_is_left_to_give_up_work_waits():
    said, asked = [], []

    async def make_room():
        asked.append(True)
        return len(asked) == 1

    waits = admission(0, 0, 0, 2 * GB)
    async with waits.admitted([GB], said.append, make_room=make_room):
        pass

    assert len(asked) == 2
    assert len(said) == 1
