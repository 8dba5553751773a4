"""A transaction commits whole or not at all, and says so when the server is away."""

import pytest
from sqlalchemy import text

from soundforge import errors
from soundforge.db.session import Database
from tests.plugins.pipeline import add_track


async def titles(database):
    async with database.transaction() as session:
        return list(await session.scalars(text("SELECT title FROM tracks")))


async def test_the_end_of_the_block_commits(tools, owner_id, database):
    await add_track(tools, owner_id, title="Kept")

    assert await titles(database) == ["Kept"]


async def test_an_exception_rolls_back_and_passes_through(database, owner_id):
    async def work():
        async with database.transaction() as session:
            await session.execute(
                text("INSERT INTO tracks (id, owner_id, title, source) VALUES (:o, :o, 'x', 'y')"),
                {"o": owner_id},
            )
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await work()

    assert await titles(database) == []


async def test_a_server_that_is_away_is_unavailable_and_may_be_asked_again():
    away = Database("postgresql://nobody:x@127.0.0.1:9/none")

    with pytest.raises(errors.Unavailable) as refusal:
        await titles(away)

    assert (refusal.value.code, refusal.value.is_retryable) == ("database_unavailable", True)
    await away.close()


async def test_a_killed_connection_is_replaced(database):
    async with database.transaction() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(database.url)
    async with other.transaction() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    await other.close()

    assert await titles(database) == []
