"""What the system says of its memory is read; what it does not say is not known."""

import os
import platform

import pytest

from soundforge.audio.memory import available_bytes, pool_name, private_bytes, total_bytes

MEMINFO = "MemTotal:       24684000 kB\nMemFree:          100 kB\nMemAvailable:    2000000 kB\n"
STAT = "anon 500\nfile 400\ninactive_anon 70\ninactive_file 300\nactive_file 100\n"


@pytest.fixture
def said(tmp_path):
    def write(meminfo=None, limit=None, used=None, stat=None):
        container = {"memory.max": limit, "memory.current": used, "memory.stat": stat}
        for name, text in {"meminfo": meminfo, **container}.items():
            if text is not None:
                (tmp_path / name).write_text(text)
        return available_bytes(tmp_path / "meminfo", tmp_path)

    return write


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({"meminfo": MEMINFO}, 2_048_000_000),
        ({"meminfo": MEMINFO, "limit": "max\n", "used": "5\n"}, 2_048_000_000),
        ({"meminfo": MEMINFO, "limit": "1000\n", "used": "400\n"}, 600),
        ({"meminfo": MEMINFO, "limit": "1000\n", "used": "1400\n"}, 0),
        ({"meminfo": MEMINFO, "limit": "1000\n"}, 2_048_000_000),
        ({"limit": "1000\n", "used": "900\n", "stat": STAT}, 400),
        ({"limit": "1000\n", "used": "200\n", "stat": STAT}, 1000),
        ({"limit": "1000\n", "used": "900\n", "stat": "inactive_file much\n"}, 100),
        ({"meminfo": "MemTotal: 5 kB\n"}, None),
        ({"meminfo": "MemAvailable: much\n"}, None),
        ({"meminfo": "MemAvailable:\n"}, None),
        ({}, None),
    ],
)
def test_the_smaller_of_machine_and_container_counts(said, files, free):
    assert said(**files) == free


@pytest.mark.parametrize(
    ("limit", "total"), [("max\n", 25_276_416_000), ("4000\n", 4000), (None, 25_276_416_000)]
)
def test_all_there_is_is_what_the_container_may_have(tmp_path, limit, total):
    (tmp_path / "meminfo").write_text(MEMINFO)
    if limit:
        (tmp_path / "memory.max").write_text(limit)

    assert total_bytes(tmp_path / "meminfo", tmp_path) == total
    assert total_bytes(tmp_path / "nothing", tmp_path / "nothing") is None


def test_this_machine_says_something_or_nothing():
    free = available_bytes()

    assert free is None or free > 0


def test_what_a_process_holds_for_itself_is_read(tmp_path):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text("Name:\tx y\nVmRSS:\t 90 kB\nRssAnon:\t  50 kB\n")

    assert private_bytes(7, tmp_path) == 51_200
    assert private_bytes(8, tmp_path) == 0


@pytest.mark.parametrize(("limit", "is_own"), [("max\n", False), ("4000\n", True), (None, False)])
def test_memory_is_shared_by_the_machine_unless_the_container_has_a_limit(tmp_path, limit, is_own):
    (tmp_path / "boot_id").write_text("b1\n")
    if limit:
        (tmp_path / "memory.max").write_text(limit)

    name = pool_name(tmp_path / "boot_id", tmp_path)

    assert (name == f"b1 {platform.node()}"[:128]) if is_own else (name == "b1")
    assert pool_name(tmp_path / "nothing", tmp_path / "nothing") == platform.node()


def test_this_process_holds_something_or_nothing_is_said():
    held = private_bytes(os.getpid())

    assert held == 0 or held > 1_000_000
