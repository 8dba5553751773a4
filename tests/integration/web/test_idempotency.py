"""Idempotency-Key: sent twice, done once."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from pydantic import BaseModel

from soundforge import errors
from soundforge.web import idempotency
from soundforge.web.services import LOCAL_USER
from tests.fakes import spotify as fake
from tests.fakes.spotify import Reply
from tests.plugins.app import services_of, tools_of

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


class Leaky:
    """A database that does not answer the next few times."""

    def __init__(self, database):
        self._database, self.failures = database, 0

    def transaction(self):
        if self.failures:
            self.failures -= 1
            raise errors.Unavailable("database_unavailable", "It does not answer.", "Wait.")
        return self._database.transaction()


class Done(BaseModel):
    what: str


@pytest.fixture
def leaky(node):
    return Leaky(node.database)


@pytest.fixture
def once(node, leaky):
    """Do a request with one key; the database fails ``failures`` times when its work has ended."""
    services = services_of(node, tools=tools_of(node, database=leaky))

    async def done(failures=0, error=None):
        async def work():
            leaky.failures = failures
            if error:
                raise error
            return Done(what="a track")

        return await idempotency.once(services, LOCAL_USER, "key", "same", status=201, work=work)

    return done


REFUSAL = errors.Invalid("no", "No.", "Ask for another thing.")


async def test_an_answer_is_kept_though_the_database_is_away_for_a_moment(once):
    first = await once(failures=2)
    again = await once()

    assert (first.status_code, again.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_key_is_free_after_a_failure_though_the_database_is_away_for_a_moment(once):
    with pytest.raises(errors.Invalid):
        await once(failures=2, error=REFUSAL)

    assert (await once()).status_code == 201


async def test_what_was_done_is_answered_though_it_cannot_be_kept(once, leaky, monkeypatch):
    monkeypatch.setattr(idempotency, "_PATIENCE_S", 0.0)

    first = await once(failures=1000)
    leaky.failures = 0

    assert first.status_code == 201
    with pytest.raises(errors.Conflict):
        await once()


async def test_a_failure_is_told_though_its_key_cannot_be_freed(once, monkeypatch):
    monkeypatch.setattr(idempotency, "_PATIENCE_S", 0.0)

    with pytest.raises(errors.Invalid):
        await once(failures=1000, error=REFUSAL)
