"""The bundled server, killed."""

from __future__ import annotations

import os
import signal

import pytest

from soundforge.db.embedded import EmbeddedPostgres
from tests.plugins.embedded import has_come_back, query, running, until, watched


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT])
async def test_a_killed_server_comes_back_on_the_same_port_with_its_data(data_dir, number):
    async with running(data_dir) as server, watched(server):
        await query(server.url, "CREATE TABLE kept AS SELECT 7 AS id")
        url, pid = server.url, server.pid

        os.kill(pid, number)
        await until(lambda: has_come_back(server, pid))

        assert server.url == url
        assert await query(url, "SELECT id FROM kept") == [(7,)]


async def test_the_next_start_recovers_from_a_killed_server(data_dir):
    server = EmbeddedPostgres(data_dir)
    await server.start()
    await query(server.url, "CREATE TABLE kept AS SELECT 7 AS id")
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()

    async with running(data_dir) as server:
        assert await query(server.url, "SELECT id FROM kept") == [(7,)]
