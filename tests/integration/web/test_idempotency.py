"""Idempotency-Key: sent twice, done once."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from tests.fakes import spotify as fake
from tests.fakes.spotify import Reply

IMPORTS = "/api/v1/imports"
TRACK = {"url": f"https://open.spotify.com/track/{fake.TRACK}"}
ALBUM = {"url": f"https://open.spotify.com/album/{fake.ALBUM}"}


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


async def count(api):
    return len((await api.get("/api/v1/tracks?limit=200")).json()["data"])


async def test_the_same_request_is_answered_as_the_first_time(api):
    headers = key()

    first = await api.post(IMPORTS, json=TRACK, headers=headers)
    again = await api.post(IMPORTS, json=TRACK, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(api) == 1


async def test_a_key_is_good_for_one_request_only(api):
    headers = key()
    await api.post(IMPORTS, json=TRACK, headers=headers)

    other = await api.post(IMPORTS, json=ALBUM, headers=headers)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(api) == 1


async def test_duplicates_at_once_are_done_once(api):
    headers = key()

    answers = await asyncio.gather(
        *(api.post(IMPORTS, json=ALBUM, headers=headers) for _ in range(6))
    )

    statuses = [answer.status_code for answer in answers]
    assert 201 in statuses
    assert set(statuses) <= {201, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"request_in_progress"}
    assert await count(api) == 12


async def test_after_a_failure_the_key_is_free(api, spotify):
    headers = key()
    spotify.script(f"/v1/tracks/{fake.TRACK}", Reply(404, {"error": {"status": 404}}))

    failed = await api.post(IMPORTS, json=TRACK, headers=headers)
    again = await api.post(IMPORTS, json=TRACK, headers=headers)

    assert (failed.status_code, again.status_code) == (404, 201)


async def test_without_a_key_each_request_is_its_own(api):
    first = await api.post(IMPORTS, json=TRACK)
    again = await api.post(IMPORTS, json=TRACK)

    assert len(first.json()["data"]["added"]) == 1
    assert len(again.json()["data"]["existing"]) == 1


@pytest.mark.parametrize("bad", ["", " ", "a b", "k" * 256, "\u00fc".encode("latin-1"), "a\tb"])
async def test_a_key_that_is_none_is_refused(api, bad):
    answer = await api.post(IMPORTS, json=TRACK, headers={"Idempotency-Key": bad})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "header.Idempotency-Key"
