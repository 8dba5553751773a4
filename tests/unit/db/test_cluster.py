"""Where a cluster lies, and who holds it."""

from __future__ import annotations

import os

import pytest

from soundforge import errors
from soundforge.db import cluster


@pytest.fixture
def claim(tmp_path):
    """Return a function that claims a data folder; what it locked is released at the end."""
    held = []

    def go(name="data"):
        found, locks = cluster.claim(tmp_path / name, tmp_path / "system")
        held.extend(locks)
        return found

    yield go
    for lock in held:
        lock.close()


def test_a_data_folder_is_claimed_once(claim):
    claim()

    with pytest.raises(errors.Conflict, match=f"process {os.getpid()}") as caught:
        claim()

    assert caught.value.code == "data_folder_in_use"


def test_two_data_folders_that_point_at_one_cluster_are_not_both_claimed(claim, tmp_path):
    """Somebody copied a data folder whose cluster lies elsewhere."""
    for name in ("data", "copy"):
        (tmp_path / name / "postgres").mkdir(parents=True)
        (tmp_path / name / "postgres" / "location").write_text(f"{tmp_path / 'shared'}\n")

    assert claim("data").home == tmp_path / "shared"
    with pytest.raises(errors.Conflict):
        claim("copy")


def test_a_lock_that_is_released_can_be_taken(tmp_path):
    for _ in range(2):
        _, locks = cluster.claim(tmp_path / "data", tmp_path / "system")
        for lock in locks:
            lock.close()


def test_a_long_log_is_put_aside(claim):
    found = claim()
    found.home.mkdir(exist_ok=True)
    found.log.write_bytes(b"x" * 6_000_000)

    with cluster.open_log(found) as log:
        log.write(b"new")

    assert found.log.read_bytes() == b"new"
    assert found.home.joinpath("server.log.1").stat().st_size == 6_000_000
