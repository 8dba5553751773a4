"""Health over HTTP: the truth, and no details for strangers."""

from __future__ import annotations

import pytest

from tests.plugins.app import client_of, services_of


def health(**checks):
    async def look():
        return dict(checks)

    return look


@pytest.mark.parametrize(
    ("path", "checks", "status", "word"),
    [
        ("/health", {"database": True, "workers": True}, 200, "ok"),
        ("/health", {"database": True, "workers": False}, 503, "degraded"),
        ("/health/ready", {"database": True, "workers": False}, 200, "ok"),
        ("/health/ready", {"database": False, "workers": True}, 503, "degraded"),
    ],
)
async def test_the_status_says_whether_every_part_works(node, path, checks, status, word):
    async with client_of(services_of(node, health=health(**checks))) as api:
        answer = await api.get(path)

    assert (answer.status_code, answer.json()["status"]) == (status, word)
    assert set(answer.json()) == {"status", "checks"}
    assert set(answer.json()["checks"].values()) <= {"ok", "failing"}


async def test_the_process_answers_whatever_else_fails(node):
    async with client_of(services_of(node, health=health(database=False))) as api:
        assert (await api.get("/health/live")).json() == {"status": "ok"}


def test_the_real_program_is_healthy(app_server):
    answer = app_server.api.get(f"http://127.0.0.1:{app_server.port}/health")

    assert answer.status_code == 200, answer.text
    assert set(answer.json()["checks"]) == {"database", "pubsub", "storage", "workers"}
