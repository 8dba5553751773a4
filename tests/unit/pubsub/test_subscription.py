"""A receiver's queue."""

from __future__ import annotations

import asyncio

import pytest

from soundforge.pubsub import QUEUE_SIZE, Closed, Message
from soundforge.pubsub.subscription import Subscription


def message(number, *, is_lagged=False):
    return Message("tracks", "n", {"n": number}, is_lagged)


async def test_messages_arrive_in_order():
    subscription = Subscription("tracks", lambda _: None)
    for number in range(3):
        subscription.deliver(message(number))

    assert [await subscription.get() for _ in range(3)] == [message(n) for n in range(3)]


async def test_a_full_queue_drops_the_oldest_and_marks_the_next_one_read():
    subscription = Subscription("tracks", lambda _: None)
    for number in range(QUEUE_SIZE + 2):
        subscription.deliver(message(number))

    assert await subscription.get() == message(2, is_lagged=True)
    assert await subscription.get() == message(3)


async def test_a_full_queue_that_lost_nothing_is_not_lagged():
    subscription = Subscription("tracks", lambda _: None)
    for number in range(QUEUE_SIZE):
        subscription.deliver(message(number))

    assert await subscription.get() == message(0)


async def test_two_receivers_of_one_subscription_both_end_when_it_closes():
    subscription = Subscription("tracks", lambda _: None)
    waiting = [asyncio.ensure_future(subscription.get()) for _ in range(2)]
    await asyncio.sleep(0)

    subscription.close()

    assert [type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == [
        Closed
    ] * 2


async def test_a_closed_subscription_yields_nothing_more():
    forgotten = []
    with Subscription("tracks", forgotten.append) as subscription:
        subscription.deliver(message(1))
    subscription.deliver(message(2))

    with pytest.raises(Closed):
        await subscription.get()
    assert forgotten == [subscription]
