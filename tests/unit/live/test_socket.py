"""A socket without a transport: joins, limits, crashes, the queue to send."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from soundforge.live import Channel, JoinRefused, Limits, Notice, Reply
from soundforge.live.limits import TokenBucket
from soundforge.live.socket import INVALID_DATA, POLICY, TOO_BIG, TRY_LATER, Socket
from soundforge.live.testing import MemoryBus

LIMITS = Limits(
    max_frame_bytes=1000,
    max_topics=2,
    frames_per_s=0.001,
    frames_burst=20,
    refusals_before_close=3,
    mailbox_size=3,
    send_queue_frames=30,
    callback_timeout_s=0.2,
)
LIMIT_S = 2.0
ended: list[tuple[str, str]] = []


class Room(Channel):
    async def join(self, payload):
        if payload.get("refuse"):
            raise JoinRefused("not_found", hint="look")
        if payload.get("crash"):
            raise RuntimeError("asked to")
        self.subscribe(self.topic)
        return {"hello": self.assigns["user"]}

    async def handle_in(self, event, payload):
        if event == "crash":
            raise RuntimeError("asked to")
        if event == "hang":
            await asyncio.sleep(60)
        if event == "linger":
            await asyncio.sleep(0.05)
        if event == "quiet":
            return None
        return (
            Reply("ok", {"event": event})
            if event == "ping"
            else await super().handle_in(event, payload)
        )

    async def terminate(self, reason):
        ended.append((self.topic, reason))


class Client:
    """Speaks the client's side and reads what comes."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.bus = MemoryBus()
        self.socket = Socket(
            {"room:*": Room, "lobby": Room},
            bus=self.bus,
            limits=limits,
            assigns={"user": "ann"},
            user_bucket=TokenBucket(1000, 1000),
        )

    async def send(self, *frame: Any) -> None:
        await self.socket.receive(json.dumps(frame))

    async def read(self) -> Any:
        data = await asyncio.wait_for(self.socket.next_message(), LIMIT_S)
        return None if data is None else json.loads(data)

    async def join(self, topic: str, ref: str = "1", **payload: Any) -> Any:
        await self.send(ref, ref, topic, "phx_join", payload)
        return await self.read()


@pytest.fixture
async def client():
    ended.clear()
    made = Client()
    yield made
    await made.socket.stop_channels("closed")


def refusal(reason: str, *frame: Any) -> list[Any]:
    response = {"status": "error", "response": {"reason": reason}}
    return [*frame, "phx_reply", response]


async def test_a_join_is_answered_with_what_the_channel_knows(client):
    answer = await client.join("room:1")

    assert answer == [
        "1",
        "1",
        "room:1",
        "phx_reply",
        {"status": "ok", "response": {"hello": "ann"}},
    ]


async def test_a_refused_join_says_why_and_leaves_nothing_behind(client):
    answer = await client.join("room:1", refuse=True)
    await client.send("1", "2", "room:1", "ping", {})

    assert answer[4]["response"] == {"reason": "not_found", "hint": "look"}
    assert await client.read() == refusal("unmatched topic", "1", "2", "room:1")


async def test_a_crash_in_join_is_an_error_of_the_channel(client):
    assert await client.join("room:1", crash=True) == ["1", None, "room:1", "phx_error", {}]


@pytest.mark.parametrize("topic", ["other", "rooms:1", "lobby:1", "room"])
async def test_topics_without_a_route_are_refused(client, topic):
    assert await client.join(topic) == refusal("unmatched topic", "1", "1", topic)


async def test_a_join_without_a_ref_is_malformed(client):
    await client.send(None, "1", "room:1", "phx_join", {})

    assert await client.read() == refusal("malformed join", None, "1", "room:1")


async def test_one_topic_too_many_is_refused_until_another_is_left(client):
    await client.join("room:1", "1")
    await client.join("room:2", "2")
    third = await client.join("room:3", "3")
    await client.send("1", "4", "room:1", "phx_leave", {})
    left = [await client.read(), await client.read()]
    again = await client.join("room:3", "5")

    assert third == refusal("too many topics", "3", "3", "room:3")
    assert [frame[3] for frame in left] == ["phx_reply", "phx_close"]
    assert again[4]["status"] == "ok"
    assert ("room:1", "left") in ended


async def test_an_unknown_event_is_an_error_answer_not_a_crash(client):
    await client.join("room:1")
    await client.send("1", "2", "room:1", "nope", {})
    await client.send("1", "3", "room:1", "ping", {})

    assert await client.read() == refusal("unmatched event", "1", "2", "room:1")
    assert (await client.read())[4]["status"] == "ok"


async def test_frames_of_an_older_join_do_not_reach_the_new_one(client):
    await client.join("room:1", "1")
    await client.join("room:1", "2")  # reads the phx_close of the first
    await client.read()
    await client.send("1", "9", "room:1", "ping", {})

    assert await client.read() == refusal("unmatched topic", "1", "9", "room:1")
    assert ("room:1", "replaced") in ended


async def test_a_crash_ends_one_channel_only(client):
    await client.join("room:1", "1")
    await client.join("room:2", "2")
    await client.send("1", "3", "room:1", "crash", {})
    crashed = await client.read()
    await client.send("2", "4", "room:2", "ping", {})

    assert crashed == ["1", None, "room:1", "phx_error", {}]
    assert (await client.read())[4]["status"] == "ok"
    assert client.bus.subscriber_count("room:1") == 0
    assert client.bus.subscriber_count("room:2") == 1


async def test_a_channel_that_hangs_crashes_in_time(client):
    await client.join("room:1")
    await client.send("1", "2", "room:1", "hang", {})

    assert await client.read() == ["1", None, "room:1", "phx_error", {}]


async def test_more_events_of_the_client_than_fit_crash_the_channel(client):
    await client.join("room:1")
    for n in range(10):
        await client.send("1", str(n), "room:1", "hang", {})

    assert await client.read() == ["1", None, "room:1", "phx_error", {}]
    await client.socket.stop_channels("closed")
    assert ended == [("room:1", "crashed")]


async def test_more_announcements_than_fit_become_a_resync_before_the_newest(client):
    await client.join("room:1")
    await client.send("1", "2", "room:1", "linger", {})
    await asyncio.sleep(0.01)
    for n in range(12):
        client.bus.publish("room:1", "note", {"n": n})

    assert (await client.read())[3] == "phx_reply"
    heard = [(await client.read())[3:] for _ in range(3)]
    assert heard == [["resync", {}], ["note", {"n": 10}], ["note", {"n": 11}]]


async def test_messages_reach_the_client_in_order(client):
    await client.join("room:1")
    for n in range(3):
        client.bus.publish("room:1", "note", {"n": n})

    assert [(await client.read())[4]["n"] for _ in range(3)] == [0, 1, 2]


async def test_heartbeats_are_answered_and_other_socket_events_are_not(client):
    await client.send(None, "7", "phoenix", "heartbeat", {})
    await client.send(None, "8", "phoenix", "nope", {})

    assert await client.read() == [
        None,
        "7",
        "phoenix",
        "phx_reply",
        {"status": "ok", "response": {}},
    ]
    assert await client.read() == refusal("unmatched event", None, "8", "phoenix")


async def test_leaving_what_was_never_joined_is_fine(client):
    await client.send("1", "2", "room:1", "phx_leave", {})

    assert (await client.read())[4] == {"status": "ok", "response": {}}


async def test_a_flood_is_refused_and_then_cut(client):
    await client.join("room:1")
    for n in range(19 + 3):
        await client.send("1", str(n), "room:1", "quiet", {})

    answers = [await client.read() for _ in range(2)]
    assert answers == [refusal("rate limited", "1", str(n), "room:1") for n in (19, 20)]
    assert await client.read() is None
    assert client.socket.close_code == POLICY


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("nonsense", INVALID_DATA),
        (b"\x09", INVALID_DATA),
        ("[" * 100, INVALID_DATA),
        ("x" * 1001, TOO_BIG),
        ("ä" * 501, TOO_BIG),
        (b"\0" * 1001, TOO_BIG),
    ],
)
async def test_malformed_and_oversize_frames_close_the_socket(client, data, code):
    await client.socket.receive(data)

    assert await client.read() is None
    assert client.socket.close_code == code


async def test_a_client_that_reads_too_slowly_is_dropped(client):
    await client.join("room:1")
    channel = client.socket._channels["room:1"]
    for n in range(31):
        channel.push("note", {"n": n})

    assert client.socket.is_closed
    assert client.socket.close_code == TRY_LATER
    assert await client.read() is None


async def test_a_closed_socket_still_sends_what_was_queued(client):
    await client.join("room:1")
    client.socket._channels["room:1"].push("note", {})
    client.socket.close(1012)

    assert (await client.read())[3] == "note"
    assert await client.read() is None


async def test_a_lost_subscription_makes_the_client_join_again(client):
    class Broken:
        async def get(self):
            raise ConnectionError("the bus has stopped")

        def close(self):
            pass

    client.bus.subscribe = lambda topic: Broken()
    await client.join("room:1")

    assert await client.read() == ["1", None, "room:1", "phx_error", {}]


async def test_lost_messages_are_told_as_resync_before_the_next_one(client):
    await client.join("room:1")
    for subscription in client.bus._subscriptions["room:1"]:
        subscription.queue.put_nowait(Notice("room:1", "note", {"n": 1}, is_lagged=True))

    assert [(await client.read())[3] for _ in range(2)] == ["resync", "note"]
