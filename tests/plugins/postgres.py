"""A real server for the whole run, and a fresh, migrated database for each test that asks."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from soundforge.db import migrate
from soundforge.db.embedded import EmbeddedPostgres

TEMPLATE = "sfa_template"
# A computer that loses power could lose rows; a killed process can not.
FAST_AND_UNSAFE = {"fsync": "off", "full_page_writes": "off"}


@pytest.fixture(scope="session")
def passable_dir():
    """Return a folder for the whole run that every user of the machine may pass."""
    folder = Path(tempfile.mkdtemp(prefix="sfa-tests-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server(passable_dir):
    """Return a running `EmbeddedPostgres`; use `postgres_url` unless the server is the point."""
    server = EmbeddedPostgres(passable_dir / "server", options=FAST_AND_UNSAFE)
    asyncio.run(server.start())
    yield server
    asyncio.run(server.stop())


@pytest.fixture(scope="session")
def postgres_template(postgres_server):
    """Return the name of a migrated database that nobody is connected to."""
    _execute(postgres_server.url, f"CREATE DATABASE {TEMPLATE}")
    migrate.upgrade(url_of(postgres_server.url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def postgres_url(postgres_server, postgres_template):
    """Return the address of a fresh, migrated database of this test's own."""
    name = f"test_{secrets.token_hex(6)}"
    _execute(postgres_server.url, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield url_of(postgres_server.url, name)
    _execute(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


def url_of(url: str, database: str) -> str:
    """Return the address of another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
