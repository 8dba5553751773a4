"""Speeds of before: only those of the same work are compared."""

from __future__ import annotations

from datetime import timedelta

import pytest

from soundforge.db.base import utc_now
from soundforge.library import Status, jobs
from soundforge.library.throughput import Kind, kind, recent_rates
from soundforge.pipeline import plans
from tests.plugins.pipeline import add_track


@pytest.fixture
def done(tools, owner_id):
    """Add a job that completed: how fast, and what it was."""
    ended = []

    async def add(rate, *, model="m", **options):
        track = await add_track(tools, owner_id)
        async with tools.database.transaction() as session:
            row = {"track_id": track.id, "stage": "separate", "model": model, "options": options}
            (job,) = await jobs.add_many(session, [row])
            job.status, job.results = Status.COMPLETED, {"realtime_factor": rate}
            ended.append(job)
            job.finished_at = utc_now() + timedelta(seconds=len(ended))

    return add


@pytest.fixture
def rates(tools):
    async def read(*fields):
        async with tools.database.transaction() as session:
            return await recent_rates(session, Kind("separate", *fields))

    return read


async def test_a_part_of_the_stems_says_nothing_of_all_of_them(done, rates):
    await done(1.0)
    await done(4.0, stems=["vocals"])
    await done(2.0, stems=["vocals", "bass"])
    await done(1.1, stems=[])
    await done(9.0, model="other")

    assert await rates("m") == [1.1, 1.0]
    assert await rates("m", ("vocals",)) == [4.0]
    assert await rates("m", ("vocals", "bass")) == [2.0]
    assert await rates("m", ("bass",)) == []


async def test_only_the_newest_count(done, rates):
    for n in range(10):
        await done(float(n + 1))

    assert await rates("m") == [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]


def test_a_plan_and_its_job_are_of_one_kind():
    plan = plans.Plan("separate", model="m", options={"stems": ["bass"]})

    assert kind(**plan.as_json()) == Kind("separate", "m", ("bass",))
