"""Idempotency-Key: sent twice, done once."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from pydantic import BaseModel

from soundforge import errors
from soundforge.library import batches
from soundforge.library import idempotency as rows
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

    async def done(failures=0, error=None, meanwhile=None):
        async def work(keep):
            if meanwhile:
                await meanwhile()
            if not isinstance(error, asyncio.CancelledError):
                leaky.failures = failures
            if isinstance(error, errors.SoundForgeError):
                raise error
            async with node.database.transaction() as session:
                await add_batch(session)
                await keep(session, Done(what="a track"))
            if error:
                raise error

        return await idempotency.once(services, LOCAL_USER, "key", "same", status=201, work=work)

    return done


async def add_batch(session):
    await batches.add(session, LOCAL_USER, title="Made", kind="selection", model=None, skipped=[])


@pytest.fixture
def made(node):
    """Return how often the work was done."""

    async def made():
        async with node.database.transaction() as session:
            found, _ = await batches.page(session, LOCAL_USER, limit=50)
            return len([batch for batch in found if batch.title == "Made"])

    return made


REFUSAL = errors.Invalid("no", "No.", "Ask for another thing.")


async def test_an_answer_is_kept_with_what_was_done_and_needs_nothing_afterwards(once, made):
    before = await made()
    first = await once(failures=1000)

    assert first.status_code == 201
    assert await made() == before + 1


async def test_who_is_cut_off_when_the_work_is_done_and_asks_again_gets_its_answer(once, made):
    before = await made()
    with pytest.raises(asyncio.CancelledError):
        await once(error=asyncio.CancelledError())

    again = await once()

    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert await made() == before + 1


async def test_of_two_that_do_the_same_work_after_all_one_is_undone_and_answers_as_the_other(
    node, once, made
):
    """The first one took so long that its key was given to a second one, which was done sooner."""

    async def second():
        async with node.database.transaction() as session:
            await rows.release(session, LOCAL_USER, "key")
        await once()

    before = await made()
    first = await once(meanwhile=second)

    assert (first.status_code, first.headers["idempotency-replayed"]) == (201, "true")
    assert await made() == before + 1


async def test_a_key_is_free_after_a_failure_though_the_database_is_away_for_a_moment(once):
    with pytest.raises(errors.Invalid):
        await once(failures=2, error=REFUSAL)

    assert (await once()).status_code == 201


async def test_a_failure_is_told_though_its_key_cannot_be_freed(once, monkeypatch):
    monkeypatch.setattr(idempotency, "_PATIENCE_S", 0.0)

    with pytest.raises(errors.Invalid):
        await once(failures=1000, error=REFUSAL)
