"""A big playlist and a big library stay quick."""

import time

from sqlalchemy import text

from soundforge.library import Status, jobs, tracks
from soundforge.library import batches as rows
from soundforge.pipeline import batches, start
from soundforge.pipeline.start import BATCH, Plan

# Ten times what a quiet machine of two cores needs: these find a query that forgot an
# index or a loop over the network, not a slow afternoon.
ENQUEUE_S = 10.0
PAGE_S = 1.0


async def test_250_tracks_are_added_and_queued_soon(tools, owner_id):
    began_s = time.perf_counter()

    async with tools.database.transaction() as session:
        songs = [{"title": f"Song {n}", "source": "spotify"} for n in range(250)]
        added = await tracks.add_many(session, owner_id, songs)
        plans = [(track.id, Plan("download", then=(Plan("analyze"),))) for track in added]
        queued = await start.begin(session, tools.queue, plans, priority=BATCH)

    assert len({job.queue_job_id for job in queued}) == 250
    assert time.perf_counter() - began_s < ENQUEUE_S


async def test_a_page_and_the_counts_of_1000_tracks_come_soon(tools, owner_id):
    await fill(tools, owner_id, 1000)
    slowest = {}

    for name, ask in {
        "page": lambda session: tracks.page(session, owner_id, limit=24),
        "search": lambda session: tracks.page(session, owner_id, limit=24, search="song 99"),
        "attention": lambda session: tracks.page(session, owner_id, limit=24, state="attention"),
        "counts": lambda session: tracks.counts(session, owner_id),
    }.items():
        slowest[name] = min([await timed(tools, ask) for _ in range(3)])

    assert {name: took_s for name, took_s in slowest.items() if took_s > PAGE_S} == {}


async def test_how_far_a_batch_of_1000_is_comes_soon(tools, owner_id):
    async with tools.database.transaction() as session:
        batch = await rows.add(session, owner_id, title="A", kind="playlist", skipped=[])
    await fill(tools, owner_id, 1000, batch_id=batch.id)

    took_s = min([await timed(tools, lambda session: batches.now(session, [batch])) for _ in "abc"])

    assert took_s < PAGE_S


async def fill(tools, owner_id, count, **more):
    """Fill a library of tracks whose three stages have ended, one in ten badly."""
    async with tools.database.transaction() as session:
        songs = [{"title": f"Song {n}", "artist": "A", "source": "upload"} for n in range(count)]
        added = await tracks.add_many(session, owner_id, songs)
        each = [
            {"track_id": track.id, "stage": stage, **more}
            for track in added
            for stage in ("download", "separate", "analyze")
        ]
        for n, job in enumerate(await jobs.add_many(session, each)):
            job.status = Status.FAILED if n % 10 == 0 else Status.COMPLETED
        await session.flush()
        await session.execute(text("ANALYZE"))


async def timed(tools, ask):
    async with tools.database.transaction() as session:
        began_s = time.perf_counter()
        await ask(session)
        return time.perf_counter() - began_s
