"""Cores are shared out: no two engines on one where there are enough, none left out."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.audio.cores import Cores, allowed, keep_on, share_out

on_linux = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="only Linux keeps a process on some cores"
)


class Pins:
    """Where each process is kept."""

    def __init__(self):
        self.of = {}

    def __call__(self, pid, ids):
        self.of[pid] = set(ids)


@pytest.fixture
def pins():
    return Pins()


@pytest.fixture
def cores(pins):
    return Cores([0, 1, 2, 3], pins)


@pytest.mark.parametrize(
    ("most", "counts"),
    [
        ([], []),
        ([4], [4]),
        ([1], [4]),  # nobody else is there: it need not be kept anywhere
        ([4, 4], [2, 2]),
        ([4, 1], [3, 1]),
        ([1, 4], [1, 3]),
        ([4, 4, 4], [2, 1, 1]),
        ([1, 1, 4], [1, 1, 2]),
        ([2, 2], [4, 4]),
        ([4, 4, 4, 4], [1, 1, 1, 1]),
        ([4, 4, 4, 4, 4], [4, 4, 4, 4, 4]),  # not enough for one each: the system is fair
    ],
)
def test_each_gets_what_is_of_use_to_it_and_the_rest_is_the_others(most, counts):
    assert [len(share) for share in share_out(most, [0, 1, 2, 3])] == counts


@given(st.lists(st.integers(1, 9), max_size=12), st.sets(st.integers(0, 40), min_size=1))
def test_whoever_computes_no_core_is_idle_and_none_is_given_twice_needlessly(most, ids):
    shares = share_out(most, sorted(ids))

    assert all(share and share <= ids for share in shares)
    if len(most) <= len(ids) < sum(most):
        assert sum(map(len, shares)) == len(ids)
        assert set().union(*shares) == ids
        assert all(len(share) <= wanted for share, wanted in zip(shares, most, strict=True))


def test_alone_an_engine_has_all_cores(cores, pins):
    with cores.computing(7, 4) as settle:
        settle()

        assert pins.of == {7: {0, 1, 2, 3}}


def test_a_second_one_takes_its_half_at_once_and_gives_it_back(cores, pins):
    with cores.computing(7, 4) as settle:
        settle()
        with cores.computing(8, 4) as settle_other:
            before = dict(pins.of)
            settle_other()
            together = dict(pins.of)

    assert before == {7: {0, 1}}  # the new one makes its threads where it likes
    assert together == {7: {0, 1}, 8: {2, 3}}
    assert pins.of == {7: {0, 1, 2, 3}, 8: {0, 1, 2, 3}}


def test_an_engine_that_settles_often_is_moved_once(cores, pins):
    moved = []
    cores = Cores([0, 1], lambda pid, ids: moved.append((pid, set(ids))))

    with cores.computing(7, 2) as settle:
        for _ in range(3):
            settle()

        assert moved == [(7, {0, 1})]


def test_what_hardly_computes_gets_no_share(cores, pins):
    with cores.computing(7, 4) as settle, cores.computing(8, 0) as settle_other:
        settle()
        settle_other()

        assert pins.of == {7: {0, 1, 2, 3}}


def test_an_engine_that_fails_leaves_its_share(cores, pins):
    with cores.computing(7, 4) as settle:
        settle()

        def fail():
            with cores.computing(8, 4) as settle_other:
                settle_other()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

        assert pins.of[7] == {0, 1, 2, 3}


@on_linux
def test_siblings_of_one_physical_core_lie_side_by_side(tmp_path):
    ours = sorted(os.sched_getaffinity(0))
    for core in ours:  # as a machine with two threads a core counts them
        folder = tmp_path / f"cpu{core}" / "topology"
        folder.mkdir(parents=True)
        (folder / "physical_package_id").write_text("0\n")
        (folder / "core_id").write_text(f"{-core}\n")

    assert allowed(tmp_path) == ours[::-1]
    assert allowed(tmp_path / "nowhere") == ours


def test_a_process_that_ended_is_left_alone(tmp_path):
    keep_on(2**22 + 1, frozenset({0}))
    keep_on(1, frozenset({0}), tmp_path)


@on_linux
def test_the_threads_of_a_process_are_kept_where_they_should_be():
    ours = os.sched_getaffinity(0)
    one = frozenset({min(ours)})

    keep_on(os.getpid(), one)
    kept = os.sched_getaffinity(0)
    keep_on(os.getpid(), frozenset(ours))

    assert kept == one
    assert os.sched_getaffinity(0) == ours
