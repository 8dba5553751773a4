"""Latency of the queue: from the commit that puts a job in, to the first line of its handler.

    python -m bench.queue_latency

The real queue on the bundled PostgreSQL, one worker, nothing else to do.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from soundforge.db import migrate
from soundforge.db.embedded import EmbeddedPostgres
from soundforge.db.session import Database
from soundforge.jobs import Done, Queue, Run
from soundforge.jobs.workers import Workers

JOBS = 200
PAUSE_S = 0.05


async def main() -> None:
    """Enqueue one job after the other, and print how long each waited."""
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        Path(folder).chmod(0o755)
        server = EmbeddedPostgres(Path(folder) / "data")
        try:
            waits_ms = await measure(await server.start())
        finally:
            await server.stop()
    ordered = sorted(waits_ms)
    print(
        f"enqueue to start, {JOBS} jobs: p50 {statistics.median(ordered):.1f} ms,"
        f" p95 {ordered[int(JOBS * 0.95)]:.1f} ms, max {ordered[-1]:.1f} ms"
    )


async def measure(url: str) -> list[float]:
    """Return the waits in milliseconds."""
    migrate.upgrade(url)
    database, queue = Database(url), Queue(url)
    started: asyncio.Queue[float] = asyncio.Queue()

    async def handle(_: Run) -> Done:
        started.put_nowait(time.perf_counter())
        return Done()

    queue.register("noop", queue="analysis", handler=handle)
    waits_ms = []
    async with queue.open():
        workers = Workers(queue, widths={"analysis": 2}, stop_grace_s=1)
        working = asyncio.create_task(workers.run())
        await asyncio.sleep(1)
        for _ in range(JOBS):
            async with database.transaction() as session:
                await queue.enqueue(session, "noop", [{}])
            committed_s = time.perf_counter()
            waits_ms.append((await started.get() - committed_s) * 1000)
            await asyncio.sleep(PAUSE_S)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    await database.close()
    return waits_ms


if __name__ == "__main__":
    asyncio.run(main())
