"""For tests of channels and pages: a bus in memory, and a page without a browser."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from soundforge.live.bus import Notice
from soundforge.live.diff import to_html
from soundforge.live.page import LivePage, PageState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from soundforge.live.bus import Message


class MemoryBus:
    """A bus inside one process, unbounded: everything published is delivered in order."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, set[MemorySubscription]] = {}

    def subscribe(self, topic: str) -> MemorySubscription:
        """Start to receive a topic's messages."""
        subscription = MemorySubscription(self, topic)
        self._subscriptions.setdefault(topic, set()).add(subscription)
        return subscription

    def publish(self, topic: str, event: str, data: dict[str, Any] | None = None) -> None:
        """Announce something to whoever has subscribed."""
        for subscription in self._subscriptions.get(topic, ()):
            subscription.queue.put_nowait(Notice(topic, event, data or {}))

    def subscriber_count(self, topic: str) -> int:
        """Return how many receive a topic now."""
        return len(self._subscriptions.get(topic, ()))

    def remove(self, subscription: MemorySubscription) -> None:
        """Stop a subscription."""
        self._subscriptions.get(subscription.topic, set()).discard(subscription)


class MemorySubscription:
    """The messages of one topic."""

    def __init__(self, bus: MemoryBus, topic: str) -> None:
        self.topic = topic
        self.queue: asyncio.Queue[Message] = asyncio.Queue()
        self._bus = bus

    async def get(self) -> Message:
        """Wait for the next message."""
        return await self.queue.get()

    def close(self) -> None:
        """Stop."""
        self._bus.remove(self)


class PageDriver:
    """A mounted page without a browser: call its handlers, look at its HTML.

    Example::

        driver = await PageDriver.mount(Dashboard(shop), session={"user_id": 1})
        await driver.page.handle_event("import", {"url": "…"})
        assert "Importing" in driver.html()
    """

    def __init__(self, page: LivePage) -> None:
        self.page = page
        self.topics: list[str] = []
        self._waits: list[tuple[str, asyncio.Future[Any]]] = []

    @classmethod
    async def mount(
        cls,
        page: LivePage,
        *,
        params: Mapping[str, str] | None = None,
        session: Mapping[str, Any] | None = None,
        url: str = "/",
    ) -> PageDriver:
        """Mount a page as if a browser had joined."""
        driver = cls(page)
        page.attach_state(PageState(driver, session or {}))
        await page.mount(params or {}, session or {})
        await page.handle_params(params or {}, url)
        return driver

    def subscribe(self, topic: str) -> None:
        """Note that the page subscribed."""
        self.topics.append(topic)

    def start_async(self, name: str, work: Awaitable[Any]) -> None:
        """Begin to await what the page started; see `settle`."""
        self._waits.append((name, asyncio.ensure_future(work)))

    async def settle(self) -> None:
        """Wait until everything that the page started has ended, and tell it so."""
        while self._waits:
            name, wait = self._waits.pop(0)
            await asyncio.wait([wait])
            await self.page.handle_async(name, wait)

    def html(self) -> str:
        """Return the page's HTML now; streams show what would be sent."""
        return to_html(self.page.render())
