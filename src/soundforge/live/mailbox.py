"""The queue before a channel: bounded, and news about the same thing replaces older news."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable

    from soundforge.live.bus import Message
    from soundforge.live.protocol import Frame


@dataclass(frozen=True, slots=True)
class Push:
    """The client sent an event."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Info:
    """A subscribed topic said something."""

    message: Message


@dataclass(frozen=True, slots=True)
class Leave:
    """The client leaves; ``frame`` wants an answer."""

    frame: Frame


Item: TypeAlias = Push | Info | Leave


class MailboxFull(Exception):
    """The channel is too slow for what it is told."""


class Mailbox:
    """First in, first out, except that an item replaces a waiting one with the same key.

    Args:
        size: Items that may wait.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[Hashable, Item] = OrderedDict()
        self._has_items = asyncio.Event()
        self._count = 0

    def put(self, item: Item, key: Hashable | None = None) -> None:
        """Add an item at the end.

        Args:
            item: What to keep.
            key: The waiting item with this key is dropped: its news is old. The new one goes to
                the end, so that it never overtakes what was said between the two.

        Raises:
            MailboxFull: ``size`` other items wait already.
        """
        self._count += 1
        slot: Hashable = ("unique", self._count) if key is None else ("merged", key)
        self._items.pop(slot, None)
        if len(self._items) >= self._size:
            raise MailboxFull(f"{self._size} messages wait")
        self._items[slot] = item
        self._has_items.set()

    async def get(self) -> Item:
        """Wait for the oldest item and take it out."""
        while not self._items:
            self._has_items.clear()
            await self._has_items.wait()
        return self._items.popitem(last=False)[1]

    def take_info(self) -> Message | None:
        """Take the oldest item if it is a message of a topic; do not wait."""
        if not self._items:
            return None
        slot, item = next(iter(self._items.items()))
        if not isinstance(item, Info):
            return None
        del self._items[slot]
        return item.message

    def drop_infos(self, topic: str) -> None:
        """Forget what ``topic`` said and nobody has read."""
        waiting = self._items.items()
        kept = (
            (k, i) for k, i in waiting if not (isinstance(i, Info) and i.message.topic == topic)
        )
        self._items = OrderedDict(kept)

    def __len__(self) -> int:
        return len(self._items)
