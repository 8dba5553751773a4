"""What one receiver has not read yet."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from soundforge.pubsub.message import Message

QUEUE_SIZE: Final = 200


class Closed(Exception):
    """The subscription was closed while somebody waited on it."""


class Subscription:
    """The messages of one topic for one receiver: a bounded queue that drops its oldest.

    Use it in ``with``, or call `close`. ``async for message in subscription`` ends when it is
    closed.
    """

    def __init__(self, topic: str, forget: Callable[[Subscription], None]) -> None:
        self.topic = topic
        self._forget = forget
        self._waiting: deque[Message] = deque(maxlen=QUEUE_SIZE)
        self._has_lost = False
        self._is_closed = False
        self._changed = asyncio.Event()

    async def get(self) -> Message:
        """Return the next message, waiting for it.

        Raises:
            Closed: The subscription was closed.
        """
        while not self._waiting:
            if self._is_closed:
                raise Closed(self.topic)
            self._changed.clear()
            await self._changed.wait()
        message = self._waiting.popleft()
        if self._has_lost:
            self._has_lost = False
            return replace(message, is_lagged=True)
        return message

    def close(self) -> None:
        """Receive nothing more; whoever waits in `get` is told. Safe to call twice."""
        self._is_closed = True
        self._waiting.clear()
        self._changed.set()
        self._forget(self)

    def deliver(self, message: Message) -> None:
        """Put a message in the queue, dropping the oldest when it is full."""
        if self._is_closed:
            return
        self._has_lost = self._has_lost or len(self._waiting) == QUEUE_SIZE
        self._waiting.append(message)
        self._changed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        try:
            return await self.get()
        except Closed:
            raise StopAsyncIteration from None
