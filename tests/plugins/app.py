"""The program itself: in this process without workers, or as a real server with everything."""

from __future__ import annotations

import dataclasses
import secrets
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.engine import make_url

from soundforge.app import Node
from soundforge.pipeline import Tools
from soundforge.settings import Settings
from soundforge.web.server import WebApp
from soundforge.web.services import Services
from tests.fakes.spotify import FakeSpotify
from tests.faults.server import Server
from tests.fixtures import audio

SPOTDL = Path(__file__).parents[1] / "fakes" / "spotdl"
BASE = "http://127.0.0.1:4000"


@pytest.fixture(scope="session")
def spotify():
    """Return a fake Spotify that every test of the run shares; scripts are a test's own."""
    with FakeSpotify() as running:
        yield running


@asynccontextmanager
async def opened(settings: Settings):
    """Open what the program opens, without listening and without workers."""
    node = Node(settings)
    async with AsyncExitStack() as stack:
        for child in node.children():
            if child.life is not None and child.name not in ("telemetry", "web"):
                await stack.enter_async_context(child.life())
        yield node


def services_of(node: Node, **other) -> Services:
    """Return what the web app of `node` works with."""

    async def healthy():
        return {"database": True}

    return Services(
        **{
            "tools": node.tools,
            "pubsub": node.pubsub,
            "secret": b"s" * 32,
            "allowed_hosts": node.settings.allowed_hosts,
            "is_spotify_configured": True,
            "health": healthy,
            **other,
        }
    )


def tools_of(node: Node, **other) -> Tools:
    """Return the doors of `node`, some of them other ones."""
    return dataclasses.replace(node.tools, **other)


def client_of(services: Services, **headers: str) -> httpx.AsyncClient:
    """Return a client of the web app in this process."""
    # A bug is answered with a 500 and then raised; the server logs it, and so may the test.
    transport = httpx.ASGITransport(WebApp(services).asgi, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=60)


@contextmanager
def fresh_database(postgres_server, template):
    """Yield the address of a database that is gone afterwards."""
    name = f"run_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield make_url(postgres_server.url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def settings(postgres_server, postgres_template, tmp_path_factory, spotify):
    """Return settings of a program without workers, on a database of its own."""
    with fresh_database(postgres_server, postgres_template) as url:
        yield Settings(
            data_dir=tmp_path_factory.mktemp("program") / "data",
            role="web",
            database={"url": url},
            spotify=spotify.settings(),
            download={"program": str(SPOTDL)},
        )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def open_node(settings):
    """Return the open program, once for the whole run; tests ask for `node`."""
    async with opened(settings) as running:
        yield running


@pytest.fixture
def node(open_node, settings):
    """Return the open program with an empty library; nothing works on its jobs, so they wait.

    It lives in the run's event loop: its tests are marked ``asyncio(loop_scope="session")``.
    """
    with psycopg.connect(settings.database.url, autocommit=True) as connection:
        connection.execute("DELETE FROM tracks; DELETE FROM idempotent_requests")
        connection.execute("DELETE FROM procrastinate_jobs")
    return open_node


@pytest_asyncio.fixture(loop_scope="session")
async def api(node):
    """Return a client of the open program."""
    async with client_of(services_of(node)) as client:
        yield client


@pytest.fixture(scope="session")
def app_server(postgres_server, postgres_template, spotify, models_dir, tmp_path_factory):
    """Return the real program as a process, with workers, for the whole run."""
    folder = tmp_path_factory.mktemp("app")
    of_spotify = {f"SFA_SPOTIFY__{key.upper()}": v for key, v in spotify.settings().items()}
    with fresh_database(postgres_server, postgres_template) as url:
        server = Server(
            folder / "data",
            SFA_DATABASE__URL=url,
            SFA_DOWNLOAD__PROGRAM=str(SPOTDL),
            SFA_LIMITS__UPLOAD_BYTES="20000000",
            SFA_MODELS_DIR=str(models_dir),
            **of_spotify,
        )
        yield server.start()
        server.stop()
        server.close()


@pytest.fixture(scope="session")
def song(tmp_path_factory):
    """Return six seconds of music."""
    return audio.write(tmp_path_factory.mktemp("song") / "song.wav", audio.chord(6.0))


@pytest.fixture(scope="session")
def ready_track(app_server, song):
    """Return a track of `app_server` that is separated and analysed, as JSON."""
    track = app_server.wait_ended(app_server.upload(song)["id"])
    assert {job["status"] for job in track["jobs"]} == {"completed"}, track["jobs"]
    return track
