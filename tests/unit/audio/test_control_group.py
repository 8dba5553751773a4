"""The limits that hold for a process are its own group's and those of all groups around it."""

import pytest

from soundforge.audio import control_group

UNIT = "system.slice/soundforge.service"


@pytest.fixture
def group(tmp_path):
    """Return a function that limits a group below the top."""

    def limit(path, limit, used=None):
        folder = tmp_path / "top" / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        if used is not None:
            (folder / "memory.current").write_text(f"{used}\n")

    limit("", "max")
    return limit


@pytest.fixture
def places(tmp_path):
    def inside(path):
        own = tmp_path / "own"
        own.write_text(f"3:cpu:/elsewhere\n0::/{path}\n")
        return tmp_path / "top", own

    return inside


def test_without_a_limit_there_is_none(group, places):
    where = places(UNIT)

    assert control_group.limit_bytes(*where) is None
    assert control_group.free_bytes(*where) is None
    assert control_group.limiting(*where) is None


def test_a_service_has_the_limit_of_its_unit(group, places):
    group(UNIT, 4000, used=1500)
    group("system.slice/other.service", 10, used=10)
    where = places(UNIT)

    assert control_group.limit_bytes(*where) == 4000
    assert control_group.free_bytes(*where) == 2500
    assert control_group.limiting(*where) == UNIT


def test_the_slice_around_it_counts_too(group, places):
    group(UNIT, 4000, used=1500)
    group("system.slice", 5000, used=4900)
    where = places(UNIT)

    assert control_group.limit_bytes(*where) == 4000
    assert control_group.free_bytes(*where) == 100


def test_a_container_has_its_limit_at_the_top(group, places):
    group("", 3000, used=1000)
    where = places("")

    assert control_group.limit_bytes(*where) == 3000
    assert control_group.free_bytes(*where) == 2000
    assert control_group.limiting(*where) == "."


@pytest.mark.parametrize("path", ["../outside", "not/here", "", "/../.."])
def test_a_group_that_cannot_be_seen_leaves_the_top(group, places, path):
    group("", 3000)

    assert control_group.limit_bytes(*places(path)) == 3000


def test_where_nothing_says_which_group_it_is_the_top_counts(group, tmp_path):
    group("", 3000)

    assert control_group.limit_bytes(tmp_path / "top", tmp_path / "nothing") == 3000
