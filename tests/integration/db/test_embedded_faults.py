"""The bundled server and its owner, killed. Real processes and signals."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from contextlib import suppress

import psutil
import psycopg
import pytest

from soundforge.db.embedded import EmbeddedPostgres
from tests.plugins.embedded import is_gone, query, running, until, watched


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
async def test_a_killed_server_comes_back_on_the_same_port_with_its_data(data_dir, number):
    async with running(data_dir) as server, watched(server):
        await query(server.url, "CREATE TABLE kept AS SELECT 7 AS id")
        url, pid = server.url, server.pid

        os.kill(pid, number)
        await until(lambda: _is_back(server, pid))

        assert server.url == url
        assert await query(url, "SELECT id FROM kept") == [(7,)]


async def test_it_comes_back_while_a_backend_of_the_killed_server_is_still_busy(data_dir):
    async with running(data_dir) as server, watched(server):
        busy = await psycopg.AsyncConnection.connect(server.url, autocommit=True)
        endless = asyncio.create_task(
            busy.execute("SELECT count(*) FROM generate_series(1, 100000000000)")
        )
        pid = server.pid
        await until(lambda: _is_busy(server.url))

        os.kill(pid, signal.SIGKILL)
        await until(lambda: _is_back(server, pid))

        await asyncio.gather(endless, return_exceptions=True)
        await busy.close()


async def test_the_next_start_recovers_from_a_killed_server(data_dir):
    server = EmbeddedPostgres(data_dir)
    await server.start()
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS id")
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()

    async with running(data_dir) as server:
        assert server.started_with_recovery
        assert await query(server.url, "SELECT id FROM kept") == [(7,)]


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


async def _is_back(server, old_pid):
    if server.pid in (None, old_pid):
        return False
    try:
        return await query(server.url, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


async def _is_busy(url):
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 1%'"
    return (await query(url, active)) == [(2,)]  # the query, and this one


def _line(process):
    with suppress(psutil.Error):
        return process.cmdline()
    return []
