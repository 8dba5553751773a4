"""A key belongs to one request at a time, and to its answer afterwards."""

import uuid

import pytest

from soundforge import errors
from soundforge.library import idempotency
from soundforge.library.idempotency import Answer

KEY = "a-key"
ANSWER = Answer(201, {"data": 1})


@pytest.fixture
def claim(database, owner_id):
    async def claimed(fingerprint="a", key=KEY):
        async with database.transaction() as session:
            return await idempotency.claim(session, owner_id, key, fingerprint)

    return claimed


class ActsAfterFirst:
    """A session that lets something happen between its first statement's end and the next."""

    def __init__(self, session, act):
        self._session, self._act = session, act

    def __getattr__(self, name):
        return getattr(self._session, name)

    async def scalar(self, *arguments, **more):
        act, self._act = self._act, None
        if act is not None:
            await act()
        return await self._session.scalar(*arguments, **more)


async def test_a_key_that_is_released_while_it_is_looked_at_is_taken(database, owner_id, claim):
    async def release():
        async with database.transaction() as session:
            await idempotency.release(session, owner_id, KEY)

    await claim()
    async with database.transaction() as session:
        found = await idempotency.claim(ActsAfterFirst(session, release), owner_id, KEY, "b")

    assert found is None
    with pytest.raises(errors.Conflict):
        await claim("b")


async def test_what_was_at_work_when_the_server_ended_is_free_and_answers_stay(
    database, owner_id, claim
):
    await claim(key="cut off")
    await claim(key="answered")
    async with database.transaction() as session:
        await idempotency.keep(session, owner_id, "answered", "a", ANSWER)

    async with database.transaction() as session:
        assert await idempotency.release_unanswered(session) == 1

    assert await claim(key="cut off") is None
    assert await claim(key="answered") == ANSWER


async def test_what_was_answered_stays_and_is_not_answered_twice(database, owner_id, claim):
    await claim()
    async with database.transaction() as session:
        await idempotency.keep(session, owner_id, KEY, "a", ANSWER)

    async with database.transaction() as session:
        await idempotency.release(session, owner_id, KEY)
        with pytest.raises(idempotency.AlreadyAnsweredError):
            await idempotency.keep(session, owner_id, KEY, "a", Answer(201, {"data": 2}))

    assert await claim() == ANSWER


async def test_an_answer_is_kept_though_its_key_was_given_up_meanwhile(database, owner_id, claim):
    async with database.transaction() as session:
        await idempotency.keep(session, owner_id, KEY, "a", ANSWER)

    assert await claim() == ANSWER


async def test_somebody_elses_key_is_another_one(database, claim):
    await claim()

    async with database.transaction() as session:
        assert await idempotency.claim(session, uuid.uuid4(), KEY, "a") is None
