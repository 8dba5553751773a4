"""The bundled server's ordinary life, and what it refuses."""

from __future__ import annotations

import asyncio
import os
import stat
import time

import psutil
import psycopg
import pytest

from soundforge import errors
from soundforge.db.embedded import EmbeddedPostgres
from tests.plugins.embedded import query, running


async def test_the_first_start_creates_a_database_and_the_next_finds_it_quickly(empty_dir):
    async with running(empty_dir) as server:
        assert server.is_first_start
        await query(server.url, "CREATE TABLE kept (id int)")

    took_s = []
    for _ in range(3):  # the best: other programs may be using the machine
        began_s = time.monotonic()
        async with running(empty_dir) as server:
            took_s.append(time.monotonic() - began_s)
            assert not server.is_first_start
            assert await query(server.url, "SELECT * FROM kept") == []
    assert min(took_s) < 1


async def test_names_fold_their_case_in_every_language(data_dir):
    async with running(data_dir) as server:
        assert await query(server.url, "SELECT lower('ÉÖŁЖ'), 'Ärger' ILIKE 'ä%'") == [
            ("éöłж", True)
        ]


async def test_only_the_password_opens_it_and_only_on_loopback(data_dir):
    async with running(data_dir) as server:
        with pytest.raises(psycopg.OperationalError, match="password"):
            await query(server.url.replace("sfa:", "sfa:x"), "SELECT 1")

        process = psutil.Process(server.pid)
        listening = {one.laddr.ip for one in process.net_connections() if one.status == "LISTEN"}
        password = data_dir / "postgres" / "password"
        assert listening == {"127.0.0.1"}
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        assert password.read_text() not in " ".join(process.cmdline())
        assert not {name for name in process.environ() if name.startswith(("SFA_", "HOME"))}


async def test_a_second_owner_is_refused_and_the_first_is_not_disturbed(data_dir):
    async with running(data_dir) as server:
        with pytest.raises(errors.Conflict, match=f"process {os.getpid()}") as caught:
            await EmbeddedPostgres(data_dir).start()

        assert caught.value.code == "data_folder_in_use"
        assert await query(server.url, "SELECT 1") == [(1,)]


async def test_another_major_version_is_refused_and_the_folder_is_left_alone(data_dir):
    async with running(data_dir):
        pass
    version = data_dir / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("12\n")

    with pytest.raises(errors.Conflict, match="PostgreSQL 12;") as caught:
        await EmbeddedPostgres(data_dir).start()

    assert caught.value.code == "database_major_mismatch"
    version.write_text("18\n")
    async with running(data_dir) as server:  # the lock was released
        assert await query(server.url, "SELECT 1") == [(1,)]


async def test_a_half_made_cluster_is_made_anew(empty_dir):
    half = empty_dir / "postgres" / "cluster.new-1234"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    async with running(empty_dir) as server:
        assert server.is_first_start

    assert not half.exists()


async def test_cancelling_the_first_start_leaves_nothing_behind(empty_dir):
    task = asyncio.create_task(EmbeddedPostgres(empty_dir).start())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with running(empty_dir) as server:
        assert await query(server.url, "SELECT 1") == [(1,)]


async def test_a_lost_password_is_told_and_nothing_is_deleted(data_dir):
    async with running(data_dir):
        pass
    (data_dir / "postgres" / "password").unlink()

    with pytest.raises(errors.Conflict) as caught:
        await EmbeddedPostgres(data_dir).start()

    assert caught.value.code == "database_password_missing"
    assert (data_dir / "postgres" / "cluster" / "PG_VERSION").exists()


async def test_a_server_that_cannot_start_is_told_in_its_own_words(data_dir):
    with pytest.raises(errors.Unavailable, match="no_such_option") as caught:
        await EmbeddedPostgres(data_dir, options={"no_such_option": "1"}).start()

    assert caught.value.code == "database_not_started"


@pytest.mark.parametrize("kind", ["missing", "empty", "broken"])
async def test_programs_that_cannot_run_are_told(data_dir, passable_dir, kind):
    folder = passable_dir / f"bin-{kind}"
    if kind != "missing":
        folder.mkdir()
    if kind == "broken":
        (folder / "postgres").write_text("#!/bin/sh\necho hello\n")
        (folder / "postgres").chmod(0o755)

    with pytest.raises(errors.Unavailable) as caught:
        await EmbeddedPostgres(data_dir, bin_dir=folder).start()

    assert caught.value.code == "database_programs_unusable"


async def test_a_data_folder_that_is_a_file_is_told(passable_dir):
    file = passable_dir / "a-file"
    file.write_text("")

    with pytest.raises(errors.Unavailable) as caught:
        await EmbeddedPostgres(file).start()

    assert caught.value.code == "data_folder_not_writable"
