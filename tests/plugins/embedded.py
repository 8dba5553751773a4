"""A bundled server of a test's own, to be broken; and what its tests wait for."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import time
from contextlib import asynccontextmanager, suppress

import psutil
import psycopg
import pytest

from soundforge.db.embedded import EmbeddedPostgres
from tests.plugins.postgres import FAST_AND_UNSAFE

OWNER = """
import asyncio, pathlib, sys, threading
from soundforge.db.embedded import EmbeddedPostgres

async def main():
    server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
    print(await server.start(), server.pid, flush=True)
    await asyncio.sleep(100)

if sys.argv[2] == "main thread":
    asyncio.run(main())
else:
    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    thread.join()
"""


@pytest.fixture
def empty_dir(passable_dir):
    """Return a data folder where nothing was started yet."""
    folder = passable_dir / secrets.token_hex(4)
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_dir(passable_dir):
    """Return a data folder with a cluster that was shut down; for copying only."""
    folder = passable_dir / "made"
    server = EmbeddedPostgres(folder, options=FAST_AND_UNSAFE)
    asyncio.run(server.start())
    asyncio.run(server.stop())
    return folder


@pytest.fixture
def data_dir(made_dir, passable_dir):
    """Return a data folder of this test's own, with a cluster."""
    folder = passable_dir / secrets.token_hex(4)
    subprocess.run(["cp", "-a", made_dir, folder], check=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def owner(data_dir):
    """Start a process that owns a server; return it, the address and the server's pid."""
    started = []

    def go(thread="main thread"):
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(data_dir), thread],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        started.append(process)
        url, pid = process.stdout.readline().split()
        return process, url, int(pid)

    yield go
    for process in started:
        process.kill()
        process.communicate()


@asynccontextmanager
async def running(data_dir, *, options=FAST_AND_UNSAFE, **more):
    """Run a server without fsync: only a dead computer could tell the difference."""
    server = EmbeddedPostgres(data_dir, options=options, **more)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def query(url, statement):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        cursor = await connection.execute(statement)
        return await cursor.fetchall() if cursor.description else None


async def until(condition, timeout_s=20):
    deadline_s = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        await asyncio.sleep(0.02)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@asynccontextmanager
async def watched(server):
    task = asyncio.create_task(server.watch())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def has_come_back(server, old_pid):
    """Tell whether another process than ``old_pid`` answers at the server's address."""
    if server.pid in (None, old_pid):
        return False
    try:
        return await query(server.url, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False
