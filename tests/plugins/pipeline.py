"""The pipeline's doors on a real database: a node without web, and the library of one owner."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from soundforge.audio.downloader import Downloader
from soundforge.audio.engine import Engine
from soundforge.audio.media import Limits
from soundforge.audio.models import Models
from soundforge.audio.spotdl_environment import SpotdlEnvironment
from soundforge.db.session import Database
from soundforge.jobs import Queue
from soundforge.jobs.workers import Workers
from soundforge.library import Status, jobs, tracks
from soundforge.pipeline import Tools, stage, start
from soundforge.pipeline.stage import Stage
from soundforge.pipeline.start import Plan
from soundforge.pipeline.upkeep import Upkeep
from soundforge.storage.local import Storage

SPOTDL = Path(__file__).parents[1] / "fakes" / "spotdl"
QUEUES = {"download": "download", "separate": "processing", "analyze": "analysis"}


@pytest.fixture
def owner_id():
    return uuid.uuid4()


@pytest.fixture
async def database(postgres_url):
    opened = Database(postgres_url, pool_size=5)
    yield opened
    await opened.close()


@pytest.fixture
def make_stage():
    """Make a stage out of plain functions; by default it does nothing and saves nothing."""

    async def nothing(*_):
        return None

    def make(name="separate", work=nothing, save=nothing, **more):
        return Stage(name, QUEUES[name], work, save, **more)

    return make


@pytest.fixture
async def make_node(postgres_url, tmp_path):
    """Make nodes of one cluster: the doors, workers and upkeep of one process each."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(*stages, url=None, pool_timeout_s=10.0, **more):
            url = url or postgres_url
            database = Database(url, pool_size=5)
            stack.push_async_callback(database.close)
            queue = Queue(url, pool_timeout_s=pool_timeout_s)
            tools = replace(_tools(database, queue, tmp_path / "data"), **more)
            for one in stages:
                queue.register(one.name, queue=one.queue, handler=_handler(one, tools))
            await stack.enter_async_context(queue.open())
            return Node(tools)

        yield make


@pytest.fixture
async def tools(make_node, make_stage):
    """The doors of a node whose stages do nothing, and whose workers do not run."""
    return (await make_node(*map(make_stage, QUEUES))).tools


class Node:
    """One process's workers and upkeep, started and stopped by the test."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.workers = Workers(
            tools.queue, widths=dict.fromkeys(QUEUES.values(), 2), stop_grace_s=0
        )
        self.upkeep = Upkeep(tools, self.workers, rescue_after_s=2.0, keep_days=7, trash_days=30)

    @contextlib.asynccontextmanager
    async def working(self):
        """Run the workers, with their heartbeats and rescues, while the block runs."""
        tasks = [asyncio.create_task(self.upkeep.watch()), asyncio.create_task(self.workers.run())]
        try:
            yield self
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


def _tools(database: Database, queue: Queue, root: Path) -> Tools:
    storage = Storage(root)
    storage.prepare()
    engine = Engine()
    return Tools(
        database=database,
        queue=queue,
        storage=storage,
        engine=engine,
        models=Models(root / "models", engine),
        downloader=Downloader(SPOTDL, SpotdlEnvironment(root / "programs")),
        providers=(),
        limits=Limits(max_duration_s=600, max_channels=8, max_sample_rate_hz=192_000),
        node=uuid.uuid4().hex,
        max_runs=3,
        threads=1,
        upload_bytes=100_000_000,
        free_disk_bytes=0,
    )


def _handler(one: Stage, tools: Tools):
    async def handle(queue_run):
        return await stage.run(one, queue_run, tools)

    return handle


async def eventually(check, *, timeout_s=20.0, every_s=0.05):
    """Await ``check()`` again and again until it returns something true; return that."""
    async with asyncio.timeout(timeout_s):
        while not (found := await check()):
            await asyncio.sleep(every_s)
    return found


async def add_track(tools: Tools, owner_id: uuid.UUID, **fields):
    """Add a track that has what every track has."""
    async with tools.database.transaction() as session:
        return await tracks.add(
            session, owner_id, **{"title": "Song", "source": "upload", **fields}
        )


async def begin(
    tools: Tools, track_id: uuid.UUID, *stages: str, priority=start.WAITED_FOR, model=None
):
    """Add a job per stage and queue it; return the jobs."""
    async with tools.database.transaction() as session:
        plans = [(track_id, Plan(stage, model=model)) for stage in stages]
        return await start.begin(session, tools.queue, plans, priority=priority)


async def add_job(tools: Tools, owner_id: uuid.UUID, stage_name="separate", **more):
    """Add a track with one queued job."""
    track = await add_track(tools, owner_id)
    (job,) = await begin(tools, track.id, stage_name, **more)
    return job


async def read_job(tools: Tools, job_id: uuid.UUID):
    """Return the job's row as it is now."""
    async with tools.database.transaction() as session:
        return await jobs.find(session, job_id)


async def queue_row(tools: Tools, queue_job_id: int):
    """Return procrastinate's row: status, attempts, args …"""
    async with tools.database.transaction() as session:
        found = await session.execute(
            text("SELECT * FROM procrastinate_jobs WHERE id = :id"), {"id": queue_job_id}
        )
        return found.mappings().first()


async def let_be(tools: Tools, queue_job_id: int, status: str):
    """Let procrastinate's row be in a status: one that a worker has is ``doing``."""
    async with tools.database.transaction() as session:
        await session.execute(
            text(
                "UPDATE procrastinate_jobs SET status = CAST(:status AS procrastinate_job_status)"
                " WHERE id = :id"
            ),
            {"status": status, "id": queue_job_id},
        )


async def ended(tools: Tools, job_id: uuid.UUID, *, timeout_s=20.0):
    """Return the job once it has ended."""

    async def look():
        job = await read_job(tools, job_id)
        return job if Status(job.status).is_final else None

    return await eventually(look, timeout_s=timeout_s)
