"""Models over HTTP: listed, and fetched by name."""

from __future__ import annotations

import pytest


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
