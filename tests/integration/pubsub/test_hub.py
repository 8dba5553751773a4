"""PubSub on a real server, broken on purpose."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import psycopg
import pytest

from soundforge import errors, events, pubsub
from soundforge.pubsub import PubSub, message
from tests.plugins import embedded


@asynccontextmanager
async def running(url):
    hub = PubSub(url)
    await hub.start()
    try:
        yield hub
    finally:
        await hub.stop()


async def soon(subscription, timeout_s=10):
    return await asyncio.wait_for(subscription.get(), timeout_s)


async def send(connection, topic, event, data=None):
    payload = message.encode(topic, event, data or {})
    await connection.execute("SELECT pg_notify(%s, %s)", (message.CHANNEL, payload))


async def announce(url, topic, event, data=None):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await send(connection, topic, event, data)


async def kill_backends(url, name):
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = %s AND pid <> pg_backend_pid()"
            " AND datname = current_database()",
            (name,),
        )


async def test_a_message_reaches_every_subscriber_of_its_topic_and_no_other(postgres_url):
    async with running(postgres_url) as here, running(postgres_url) as there:
        first, second = here.subscribe("tracks:7"), there.subscribe("tracks:7")
        other = here.subscribe("tracks:8")

        await announce(postgres_url, "tracks:7", "progress", {"percent": 40})
        await announce(postgres_url, "tracks:8", "last")

        expected = pubsub.Message("tracks:7", "progress", {"percent": 40})
        assert [await soon(first), await soon(second)] == [expected, expected]
        assert (await soon(other)).event == "last"


async def test_a_message_is_sent_at_commit_and_dropped_at_rollback(postgres_url):
    async with running(postgres_url) as hub:
        subscription = hub.subscribe("tracks")

        async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
            await send(connection, "tracks", "rolled_back")
            await connection.rollback()
            await send(connection, "tracks", "committed", {"id": 1})

        assert await soon(subscription) == pubsub.Message("tracks", "committed", {"id": 1})


@pytest.mark.parametrize("text", ["x" * 8_000, "é" * 2_000, "\0" * 2_000, "🎵" * 1_000])
async def test_a_payload_that_does_not_fit_becomes_reload(postgres_url, text):
    async with running(postgres_url) as hub:
        subscription = hub.subscribe("tracks")

        await announce(postgres_url, "tracks", "big", {"text": text})

        assert await soon(subscription) == pubsub.Message("tracks", "big", {"reload": True})


@pytest.mark.parametrize("text", ["x" * 7_800, "new\nline", "\0", "🎵", "\ud800", "'; DROP TABLE"])
async def test_a_payload_that_fits_arrives_unchanged(postgres_url, text):
    async with running(postgres_url) as hub:
        subscription = hub.subscribe("tracks")

        await announce(postgres_url, "tracks", "odd", {"text": text})

        assert (await soon(subscription)).data == {"text": text}


async def test_payloads_of_strangers_are_ignored(postgres_url):
    hostile = ["", "not json", "[]", "{}", '{"topic":1,"event":"x","data":{}}', "[" * 5_000]
    async with running(postgres_url) as hub:
        subscription = hub.subscribe("tracks")

        async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
            for payload in hostile:
                await connection.execute("SELECT pg_notify('sfa_events', %s)", (payload,))
            await send(connection, "tracks", "still here")

        assert (await soon(subscription)).event == "still here"


async def test_a_slow_subscriber_keeps_the_newest_and_is_told_that_it_lagged(postgres_url):
    async with running(postgres_url) as hub:
        slow, end = hub.subscribe("tracks"), hub.subscribe("end")

        async with await psycopg.AsyncConnection.connect(postgres_url) as connection:
            for number in range(pubsub.QUEUE_SIZE + 5):
                await send(connection, "tracks", "n", {"n": number})
            await send(connection, "end", "end")
        await soon(end)

        assert await soon(slow) == pubsub.Message("tracks", "n", {"n": 5}, is_lagged=True)
        assert await soon(slow) == pubsub.Message("tracks", "n", {"n": 6})


async def test_after_its_connection_was_killed_every_subscriber_is_resynced(postgres_url):
    async with running(postgres_url) as hub:
        first, second = hub.subscribe("tracks:1"), hub.subscribe("tracks:2")

        await kill_backends(postgres_url, "sfa pubsub")

        for subscription in (first, second):
            told = await soon(subscription)
            assert (told.event, told.is_lagged) == (events.RESYNC, True)
        await announce(postgres_url, "tracks:1", "again")
        assert (await soon(first)).event == "again"


async def test_after_the_server_itself_was_killed_messages_arrive_again(data_dir):
    async with embedded.running(data_dir) as server, embedded.watched(server):  # noqa: SIM117
        async with running(server.url) as hub:
            subscription = hub.subscribe("tracks")

            os.kill(server.pid, signal.SIGKILL)

            assert (await soon(subscription, 30)).event == events.RESYNC
            assert hub.is_listening
            await announce(server.url, "tracks", "again")
            assert (await soon(subscription)).event == "again"


async def test_closing_ends_a_waiting_receiver(postgres_url):
    async with running(postgres_url) as hub:
        with hub.subscribe("tracks") as subscription:
            waiting = asyncio.ensure_future(subscription.get())
            await asyncio.sleep(0)

        with pytest.raises(pubsub.Closed):
            await asyncio.wait_for(waiting, 5)


async def test_stopping_ends_every_receiver(postgres_url):
    async with running(postgres_url) as hub:
        subscription = hub.subscribe("tracks")

    assert [told async for told in subscription] == []


async def test_no_database_at_the_start_is_a_clear_error():
    hub = PubSub("postgresql://nobody@127.0.0.1:1/none", start_timeout_s=0.3)

    with pytest.raises(errors.Unavailable) as caught:
        await hub.start()

    assert caught.value.code == "database_unavailable"
    assert not hub.is_listening
