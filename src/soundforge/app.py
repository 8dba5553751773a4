"""The composition root: settings in, a list of supervised children out.

Read `Node.children` aloud and you have the program: what starts, in which order; it stops in
reverse.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundforge import errors, logs
from soundforge.audio.downloader import Downloader
from soundforge.audio.engine import Engine
from soundforge.audio.media import Limits
from soundforge.audio.models import Models
from soundforge.audio.spotdl_environment import SpotdlEnvironment
from soundforge.audio.warm import WarmEngines
from soundforge.db import migrate
from soundforge.db.embedded import EmbeddedPostgres
from soundforge.db.session import Database
from soundforge.identity import Identity
from soundforge.jobs import Queue
from soundforge.jobs.inspect import live_workers
from soundforge.jobs.workers import Workers
from soundforge.library import idempotency
from soundforge.pipeline import BY_REQUEST, STAGES, Tools, stage
from soundforge.pipeline.upkeep import Upkeep
from soundforge.providers.spotify.client import SpotifyClient
from soundforge.providers.spotify.provider import SpotifyProvider
from soundforge.providers.spotify.short_links import ShortLinks
from soundforge.pubsub import PubSub
from soundforge.storage.local import Storage
from soundforge.supervisor import Child, Supervisor
from soundforge.web import exposure
from soundforge.web.server import WebApp
from soundforge.web.services import Services
from soundforge.web.serving import WebServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from soundforge.jobs import Outcome, Run
    from soundforge.settings import Settings

logger = logging.getLogger(__name__)


async def run(settings: Settings) -> int:
    """Run the program until a signal; return its exit status.

    Raises:
        errors.SoundForgeError: The settings cannot work, or something did not start.
    """
    exposure.require_loopback(settings.host)
    node = Node(settings)
    return int(await Supervisor(node.children()).run())


class Node:
    """One process of the program.

    Args:
        settings: All of them; everyone below is given plain values.
    """

    database: Database
    pubsub: PubSub
    spotify: SpotifyClient
    queue: Queue
    tools: Tools
    warm: WarmEngines
    workers: Workers
    upkeep: Upkeep
    web: WebServer

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.data_dir = settings.data_dir
        self.storage = Storage(self.data_dir)
        self.identity = Identity(self.data_dir)
        self.url = settings.database.url

    def children(self) -> list[Child]:
        """Return what runs, in start order."""
        is_web, is_worker = self.settings.role != "worker", self.settings.role != "web"
        grace_s = self.settings.jobs.stop_grace_s + 10
        children = [
            Child("telemetry", life=self._telemetry),
            Child("storage", life=self._storage),
            self._database_server(),
            Child("database", life=self._database),
            Child("pubsub", life=self._pubsub),
            Child("providers", life=self._providers),
            Child("engines", life=self._engines),
            Child("queue", life=self._queue),
        ]
        if is_worker:
            children += [
                # Before the workers, so that it still sends their heartbeats while they drain.
                Child("rescue", life=self._jobs, run=lambda: self.upkeep.watch()),
                Child("jobs", run=lambda: self.workers.run(), grace_s=grace_s),
                Child("upkeep", run=lambda: self.upkeep.keep_tidy()),
            ]
        if is_web:
            children.append(
                Child(
                    "web",
                    life=self._web,
                    run=lambda: self.web.run(),
                    drain=lambda: self.web.drain(),
                )
            )
        return children

    @asynccontextmanager
    async def _telemetry(self) -> AsyncIterator[None]:
        logs.setup(self.settings.log_format, self.settings.log_level)
        logger.info("starting", extra={"role": self.settings.role, "pid": os.getpid()})
        yield

    @asynccontextmanager
    async def _storage(self) -> AsyncIterator[None]:
        self.storage.prepare()
        with self.identity.held(is_main=self.settings.role != "worker"):
            yield

    def _database_server(self) -> Child:
        """Return the bundled server, or nothing but an address when another one is used."""
        if self.url:
            return Child("postgres")
        if self.settings.role == "worker":
            return Child("postgres", life=self._neighbours_server)
        bin_dir = Path(self.settings.pg_bin) if self.settings.pg_bin else None
        server = EmbeddedPostgres(self.data_dir, bin_dir=bin_dir)

        @asynccontextmanager
        async def life() -> AsyncIterator[None]:
            self.url = await server.start()
            try:
                with self.identity.database_url(self.url):
                    yield
            finally:
                await server.stop()

        return Child("postgres", life=life, run=server.watch, grace_s=60)

    @asynccontextmanager
    async def _neighbours_server(self) -> AsyncIterator[None]:
        self.url = self.identity.read_database_url()
        yield

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[None]:
        await migrate.upgrade_when_reachable(self.url)
        self.database = Database(self.url, pool_size=self.settings.database.pool_size)
        try:
            yield
        finally:
            await self.database.close()

    @asynccontextmanager
    async def _pubsub(self) -> AsyncIterator[None]:
        self.pubsub = PubSub(self.url)
        await self.pubsub.start()
        try:
            yield
        finally:
            await self.pubsub.stop()

    @asynccontextmanager
    async def _providers(self) -> AsyncIterator[None]:
        settings = self.settings.spotify
        self.spotify = SpotifyClient(
            api_url=settings.api_url,
            accounts_url=settings.accounts_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            market=settings.market,
        )
        try:
            yield
        finally:
            await self.spotify.aclose()

    @asynccontextmanager
    async def _engines(self) -> AsyncIterator[None]:
        settings = self.settings.engines
        self.warm = WarmEngines(idle_s=settings.idle_s, max_runs=settings.max_runs)
        try:
            yield
        finally:
            await self.warm.close()

    @asynccontextmanager
    async def _queue(self) -> AsyncIterator[None]:
        self.queue = Queue(self.url)
        self.tools = self._tools()
        for one in (*STAGES, *BY_REQUEST):
            self.queue.register(one.name, queue=one.queue, handler=_handler(one, self.tools))
        async with self.queue.open():
            yield

    def _tools(self) -> Tools:
        settings = self.settings
        engine = Engine(warm=self.warm)
        program = settings.download.program
        return Tools(
            database=self.database,
            queue=self.queue,
            storage=self.storage,
            engine=engine,
            models=Models(
                settings.weights_dir,
                engine,
                mirror=settings.models_mirror,
                precision=settings.precision,
                device=settings.device,
            ),
            downloader=Downloader(
                Path(program) if program else None,
                SpotdlEnvironment(self.data_dir / "programs"),
                timeout_s=settings.download.timeout_s,
            ),
            providers=(SpotifyProvider(self.spotify, ShortLinks()),),
            limits=Limits(
                max_duration_s=settings.limits.duration_s,
                max_channels=settings.limits.channels,
                max_sample_rate_hz=settings.limits.sample_rate_hz,
            ),
            node=self.identity.node,
            max_runs=settings.jobs.max_runs,
            threads=settings.engine_threads,
            upload_bytes=settings.limits.upload_bytes,
            free_disk_bytes=settings.limits.free_disk_bytes,
            chord_engine=settings.chord_engine,
        )

    @asynccontextmanager
    async def _jobs(self) -> AsyncIterator[None]:
        settings = self.settings
        self.workers = Workers(
            self.queue,
            widths=settings.queues.model_dump(),
            stop_grace_s=settings.jobs.stop_grace_s,
        )
        self.upkeep = Upkeep(
            self.tools,
            self.workers,
            rescue_after_s=settings.jobs.rescue_after_s,
            keep_days=settings.jobs.keep_days,
            trash_days=settings.jobs.trash_days,
        )
        if settings.role == "full":
            rescued = await self.upkeep.recover()
            logger.info("recovered", extra={"queue_jobs": rescued})
        yield

    @asynccontextmanager
    async def _web(self) -> AsyncIterator[None]:
        services = Services(
            tools=self.tools,
            pubsub=self.pubsub,
            secret=self.identity.secret,
            allowed_hosts=self.settings.allowed_hosts,
            is_spotify_configured=bool(self.settings.spotify.client_id),
            health=self._health,
        )
        async with self.database.transaction() as session:
            await idempotency.release_unanswered(session)
        self.web = WebServer(WebApp(services), host=self.settings.host, port=self.settings.port)
        async with aclosing(services.background):
            with self.web.listening():
                yield

    async def _health(self) -> dict[str, bool]:
        checks = {"database": True, "pubsub": self.pubsub.is_listening}
        try:
            async with asyncio.timeout(3), self.database.transaction() as session:
                grace_s = self.settings.jobs.rescue_after_s
                checks["workers"] = await live_workers(session, grace_s=grace_s) > 0
        except (errors.SoundForgeError, TimeoutError):
            checks["database"] = checks["workers"] = False
        checks["storage"] = os.access(self.data_dir, os.W_OK)
        return checks


def _handler(one: stage.Stage[Any], tools: Tools) -> Callable[[Run], Awaitable[Outcome]]:
    async def handle(queue_run: Run) -> Outcome:
        with logs.bind(job_id=queue_run.args.get("job_id"), stage=one.name):
            return await stage.run(one, queue_run, tools)

    return handle
