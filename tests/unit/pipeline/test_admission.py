"""Work waits for its memory, says so, and does not wait for ever."""

import pytest

from soundforge import errors
from soundforge.pipeline.admission import wait_for_memory

GB = 10**9


@pytest.mark.parametrize("free", [2 * GB, 1 * GB, None])
async def test_what_fits_or_cannot_be_known_begins_at_once(free):
    said = []

    await wait_for_memory(GB, said.append, available=lambda: free)

    assert said == []


async def test_what_does_not_fit_waits_until_it_does_and_says_so():
    said, free = [], iter([GB // 2, GB // 2, 2 * GB])

    await wait_for_memory(GB, said.append, available=lambda: next(free), every_s=0)

    assert said == ["Waits for memory: 1.0 GB needed, 0.5 GB free"] * 2


async def test_memory_that_never_comes_is_told_with_its_figures():
    with pytest.raises(errors.Unavailable, match=r"3.1 GB needed, 0.5 GB free") as raised:
        await wait_for_memory(
            3_100_000_000, print, available=lambda: GB // 2, every_s=0, patience_s=0
        )

    assert raised.value.code == "memory_short"


async def test_what_is_only_kept_for_later_goes_before_anybody_waits():
    said, free = [], [GB // 2]

    async def make_room():
        free[0] = 2 * GB
        return True

    await wait_for_memory(GB, said.append, available=lambda: free[0], make_room=make_room)

    assert said == []


async def test_where_nothing_is_left_to_give_up_work_waits():
    said, free, asked = [], iter([0, 0, 2 * GB]), []

    async def make_room():
        asked.append(True)
        return len(asked) == 1

    await wait_for_memory(
        GB, said.append, available=lambda: next(free), make_room=make_room, every_s=0
    )

    assert len(asked) == 2
    assert len(said) == 1
