"""What an earlier server left on the same folder, and a new one waits for."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess

import psycopg
import pytest

from tests.plugins.embedded import has_come_back, is_gone, query, running, until, watched


async def test_it_comes_back_while_a_backend_of_the_killed_server_is_still_busy(data_dir):
    async with running(data_dir) as server, watched(server):
        busy = await psycopg.AsyncConnection.connect(server.url, autocommit=True)
        endless = asyncio.create_task(
            busy.execute("SELECT count(*) FROM generate_series(1, 100000000000)")
        )
        pid = server.pid
        await until(lambda: _is_busy(server.url))

        os.kill(pid, signal.SIGKILL)
        await until(lambda: has_come_back(server, pid))

        await asyncio.gather(endless, return_exceptions=True)
        await busy.close()


@pytest.mark.parametrize("thread", ["main thread", "another thread"])
async def test_a_server_ends_with_its_killed_owner_and_the_next_start_waits_for_it(
    owner, data_dir, thread
):
    """The other thread stands for systems without a parent-death signal: both use a watcher."""
    process, url, pid = owner(thread)
    await query(url, "CREATE TABLE kept AS SELECT 7 AS id")

    process.kill()
    async with running(data_dir) as server:  # at once, while the old one is shutting down
        assert await query(server.url, "SELECT id FROM kept") == [(7,)]
        assert is_gone(pid)


async def test_a_pid_file_that_names_a_stranger_does_not_keep_it_from_starting(data_dir):
    async with running(data_dir):
        pass
    cluster = data_dir / "postgres" / "cluster"
    account = cluster.stat()
    stranger = subprocess.Popen(["sleep", "60"], user=account.st_uid)
    pid_file = cluster / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{cluster}\n1700000000\n5432\n\n127.0.0.1\n")
    os.chown(pid_file, account.st_uid, account.st_gid)

    async with running(data_dir) as server:
        assert await query(server.url, "SELECT 1") == [(1,)]

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


async def _is_busy(url):
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%'"
    return (await query(url, active)) == [(2,)]  # the query, and this one
