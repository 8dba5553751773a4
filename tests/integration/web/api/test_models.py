"""Models over HTTP: listed, and fetched by name."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from soundforge import errors
from soundforge.audio.models import Models
from soundforge.engines.protocol import Progress
from tests.plugins.app import client_of, services_of, tools_of


async def test_every_model_says_what_it_is(api):
    models = (await api.get("/api/v1/models")).json()["data"]

    assert {"spleeter_2stems", "htdemucs"} <= {model["name"] for model in models}
    for model in models:
        assert model["stems"]
        assert model["licence"]
        assert model["is_available"] or model["reason"]


@pytest.mark.parametrize(
    ("name", "status"),
    [("nonesuch", 404), ("..%2fx", 404), ("A", 422), ("a-b", 422), ("a" * 65, 422), ("%00", 422)],
)
async def test_a_model_that_there_is_not_is_not_fetched(api, name, status):
    answer = await api.post(f"/api/v1/models/{name}/pull")

    assert answer.status_code == status
    assert answer.json()["code"] in ("model_not_found", "validation_failed", "not_found")


def test_a_model_that_is_there_is_not_fetched_again(app_server):
    answer = app_server.api.post("/models/spleeter_2stems/pull")

    assert answer.status_code == 200
    assert answer.json()["data"]["is_installed"] is True


class HangingEngine:
    """An engine whose fetch has got 41 of 84 MB, and ends when the test says how."""

    def __init__(self):
        self.end = asyncio.get_running_loop().create_future()

    async def run(self, *_, on_progress, **__):
        detail = {"received_bytes": 41_000_000, "total_bytes": 84_000_000}
        on_progress(Progress(0.4, "downloading", detail))
        await self.end


@pytest_asyncio.fixture(loop_scope="session")
async def fetch(node, tmp_path):
    """Return a client whose models are fetched by an engine that hangs, and that engine."""
    engine = HangingEngine()
    tools = tools_of(node, models=Models(tmp_path, engine))
    async with client_of(services_of(node, tools=tools)) as client:
        yield client, engine


async def begin(client):
    answer = await client.post("/api/v1/models/htdemucs/pull?wait=false&accept_licence=true")
    await asyncio.sleep(0)
    return answer


async def state(client):
    listed = (await client.get("/api/v1/models")).json()["data"]
    return next(model for model in listed if model["name"] == "htdemucs")


async def test_a_fetch_that_nobody_waits_for_is_watched_in_the_list(fetch):
    client, _ = fetch
    assert (await state(client))["fetching"] is None

    begun = await begin(client)

    assert begun.status_code == 202
    assert (await state(client))["fetching"] == {
        "fraction": 0.4,
        "message": "downloading",
        "received_bytes": 41_000_000,
        "total_bytes": 84_000_000,
    }


async def test_a_licence_is_asked_about_before_a_fetch_begins(fetch):
    client, _ = fetch

    refused = await client.post("/api/v1/models/htdemucs/pull?wait=false")

    assert (refused.status_code, refused.json()["code"]) == (409, "licence_not_accepted")
    assert (await state(client))["fetching"] is None


async def test_why_a_fetch_failed_is_told_until_the_next_one_begins(fetch):
    client, engine = fetch
    await begin(client)

    engine.end.set_exception(errors.Unavailable("weights_unreachable", "No way.", "Retry."))
    await asyncio.sleep(0.01)

    model = await state(client)
    assert model["fetching"] is None
    assert model["fetch_error"] == {
        "code": "weights_unreachable",
        "message": "No way.",
        "next_step": "Retry.",
    }
    engine.end = asyncio.get_running_loop().create_future()
    await begin(client)
    assert (await state(client))["fetch_error"] is None


async def test_a_cancelled_fetch_is_over_for_all_who_wait(fetch):
    client, engine = fetch
    await begin(client)
    waiting = asyncio.create_task(client.post("/api/v1/models/htdemucs/pull"))
    await asyncio.sleep(0.05)

    cancelled = await client.delete("/api/v1/models/htdemucs/pull")

    assert (cancelled.status_code, cancelled.json()["data"]["fetching"]) == (200, None)
    answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (409, "fetch_cancelled")
    assert engine.end.cancelled()
    assert (await state(client))["fetch_error"] is None


async def test_cancelling_where_nothing_is_fetched_changes_nothing(fetch):
    client, _ = fetch

    assert (await client.delete("/api/v1/models/htdemucs/pull")).status_code == 200
    assert (await client.delete("/api/v1/models/nonesuch/pull")).status_code == 404
