"""The mailbox: bounded, in order, and news replaces older news."""

from __future__ import annotations

import asyncio

import pytest

from soundforge.live import Notice
from soundforge.live.mailbox import Info, Mailbox, MailboxFull, Push
from soundforge.live.protocol import Frame

PUSH = Push(Frame("1", "2", "t", "e", {}))


def note(number: int) -> Info:
    return Info(Notice("t", "progress", {"n": number}))


async def test_items_come_out_in_order():
    mailbox = Mailbox(5)
    mailbox.put(note(1))
    mailbox.put(PUSH)
    mailbox.put(note(2))

    assert [await mailbox.get() for _ in range(3)] == [note(1), PUSH, note(2)]


async def test_newer_news_replaces_older_and_never_overtakes_what_was_between():
    mailbox = Mailbox(5)
    mailbox.put(note(1), "job 1")
    mailbox.put(PUSH)
    mailbox.put(note(2), "job 1")

    assert [await mailbox.get() for _ in range(2)] == [PUSH, note(2)]
    assert len(mailbox) == 0


def test_a_full_mailbox_refuses_but_news_still_replaces():
    mailbox = Mailbox(2)
    mailbox.put(note(1), "a")
    mailbox.put(note(1), "b")

    with pytest.raises(MailboxFull):
        mailbox.put(note(1), "c")
    mailbox.put(note(2), "a")

    assert len(mailbox) == 2


async def test_get_waits_for_an_item():
    mailbox = Mailbox(2)
    waiting = asyncio.create_task(mailbox.get())
    await asyncio.sleep(0)
    mailbox.put(PUSH)

    assert await asyncio.wait_for(waiting, 1) == PUSH


def test_only_a_leading_message_is_taken_along():
    mailbox = Mailbox(5)
    mailbox.put(note(1))
    mailbox.put(PUSH)
    mailbox.put(note(2))

    assert mailbox.take_info() == note(1).message
    assert mailbox.take_info() is None
    assert len(mailbox) == 2
