"""The server's process and its owner: real processes, real signals."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import psutil
import pytest

from soundforge.db.embedded import EmbeddedPostgres
from tests.plugins.embedded import is_gone, until


@pytest.mark.parametrize("thread", ["main thread", "another thread"])
async def test_no_process_is_left_after_the_owner_was_killed(owner, thread):
    process, _, pid = owner(thread)
    family = psutil.Process(process.pid).children(recursive=True)
    assert pid in {one.pid for one in family}

    process.kill()
    process.wait()
    began_s = time.monotonic()
    _, left = psutil.wait_procs(family, timeout=10)

    assert not left
    assert time.monotonic() - began_s < 5


async def test_stopping_leaves_no_process_and_no_watcher(data_dir):
    def watchers():
        return {one.pid for one in psutil.process_iter() if "_launch.py" in " ".join(_line(one))}

    before = watchers()
    server = EmbeddedPostgres(data_dir)
    await asyncio.to_thread(lambda: asyncio.run(server.start()))  # so that a watcher is used
    pid, watching = server.pid, watchers() - before
    await server.stop()

    async def is_over():
        return is_gone(pid) and not watchers() - before

    assert watching
    await until(is_over)
    await server.stop()  # twice is fine


def _line(process):
    with suppress(psutil.Error):
        return process.cmdline()
    return []
