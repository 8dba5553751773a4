"""A channel: one client's conversation on one topic. Subclass it and route a pattern to it.

Every joined channel is its own task with its own mailbox. When a callback raises, this channel
alone ends with ``phx_error`` and the client joins again by itself; the socket and the other
channels live on.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from soundforge import errors
from soundforge.live import protocol
from soundforge.live.bus import RESYNC, Notice
from soundforge.live.mailbox import Info, Leave, Mailbox, MailboxFull, Push
from soundforge.live.protocol import Frame, Payload, Status
from soundforge.live.replies import UNKNOWN_EVENT, JoinLater, JoinRefused, Reply, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from soundforge.live.bus import Bus, Message, Subscription
    from soundforge.live.limits import Limits
    from soundforge.live.mailbox import Item

__all__ = [
    "UNKNOWN_EVENT",
    "Channel",
    "ChannelFactory",
    "JoinLater",
    "JoinRefused",
    "Reason",
    "Reply",
]

logger = logging.getLogger(__name__)

Reason: TypeAlias = Literal["left", "closed", "replaced", "refused", "crashed", "shutdown"]


class Connection(Protocol):
    """What a channel sees of its socket."""

    @property
    def assigns(self) -> Mapping[str, Any]:
        """What the connect hook learned about the client."""

    @property
    def bus(self) -> Bus:
        """Where to subscribe."""

    @property
    def limits(self) -> Limits:
        """How much is allowed."""

    def send(self, frame: Frame) -> None:
        """Queue a frame; a closed socket ignores it, a full queue closes the socket."""

    def forget(self, channel: Channel) -> None:
        """Take the channel off the list of joined ones."""


class Channel:
    """One client on one topic.

    The constructor is free for what the channel needs; `topic`, `assigns` and the rest are there
    before `join` is called.
    """

    topic: str
    """The topic that was joined, ``jobs:42``."""

    assigns: Mapping[str, Any]
    """What the connect hook learned about the client: the user, the session."""

    # --- what a subclass writes ---

    async def join(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Decide whether the client may join; return what it should know first.

        Authorise the user for this very object here.

        Raises:
            JoinRefused: No such thing, or not for this client.
            JoinLater: Not now.
            errors.SoundForgeError: Refused too, with its code as the reason.
        """
        return {}

    async def handle_in(self, event: str, payload: Payload) -> Reply | None:
        """Answer an event of the client; None sends no answer.

        A `SoundForgeError` becomes an error answer. Anything else that is raised crashes the
        channel. The default knows no event.
        """
        return UNKNOWN_EVENT

    async def handle_info(self, message: Message) -> None:
        """Act on a message of a subscribed topic. The default passes it on to the client."""
        self.push(message.event, message.data)

    async def settle(self) -> None:
        """Run after a burst of messages, once; pages send one diff here."""

    async def terminate(self, reason: Reason) -> None:
        """Clean up; runs once for every channel whose `join` was called."""

    def merge_key(self, message: Message) -> Hashable | None:
        """Return a key under which only the newest waiting message is kept, or None for all.

        Progress that nobody has looked at yet is worth nothing once newer progress is there.
        """
        return None

    # --- what a subclass uses ---

    def subscribe(self, topic: str) -> None:
        """Receive a topic's messages in `handle_info` until the channel ends."""
        if topic in self._subscriptions:
            return
        subscription = self._connection.bus.subscribe(topic)
        pump = asyncio.create_task(self._pump(subscription), name=f"pump {topic}")
        self._subscriptions[topic] = (subscription, pump)

    def push(self, event: str, payload: Payload) -> None:
        """Send an event to the client."""
        self._connection.send(Frame(self._join.join_ref, None, self.topic, event, payload))

    # --- the actor; called by the socket ---

    def start(self, connection: Connection, join: Frame) -> None:
        """Begin the channel's task. For the socket, not for subclasses."""
        self._connection = connection
        self._join = join
        self.topic = join.topic
        self.assigns = connection.assigns
        self._mailbox = Mailbox(connection.limits.mailbox_size)
        self._subscriptions: dict[str, tuple[Subscription, asyncio.Task[None]]] = {}
        self._failure: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reason: Reason = "closed"
        self._is_ending = False
        self._task = asyncio.create_task(self._run(), name=f"channel {join.topic}")

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back once the channel has ended and cleaned up."""
        self._task.add_done_callback(lambda _: callback())

    @property
    def join_ref(self) -> str | None:
        """The number of the join this channel answers to."""
        return self._join.join_ref

    def deliver(self, item: Item, key: Hashable | None = None) -> None:
        """Put something into the mailbox; when it is full the channel crashes, the client rejoins."""
        try:
            self._mailbox.put(item, key)
        except MailboxFull:
            self._fail("mailbox full")

    async def stop(self, reason: Reason) -> None:
        """End the channel from outside and wait until it has cleaned up."""
        if not self._is_ending:
            self._reason = reason
            self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        work = asyncio.create_task(self._converse(), name=f"conversation {self.topic}")
        try:
            both: list[asyncio.Future[Any]] = [work, self._failure]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                self._reason = work.result()
            else:
                logger.warning(
                    "channel ended", extra={"topic": self.topic, "fault": self._failure.result()}
                )
                self._crash()
        except asyncio.CancelledError:
            if self._reason == "replaced":
                self.push(protocol.CLOSE, {})
        except JoinLater as fault:
            logger.warning("join postponed", extra={"topic": self.topic, "fault": str(fault)})
            self._crash()
        except Exception:
            # This task is the boundary: the socket and the other channels live on.
            logger.exception("channel crashed", extra={"topic": self.topic})
            self._crash()
        finally:
            await self._clean_up(work)

    def _crash(self) -> None:
        self._reason = "crashed"
        self.push(protocol.ERROR, {})

    async def _clean_up(self, work: asyncio.Task[Reason]) -> None:
        self._is_ending = True
        # Forget first: a client that rejoins at once must not meet the dying channel.
        self._connection.forget(self)
        self._failure.cancel()
        pumps = [pump for _, pump in self._subscriptions.values()]
        self._unsubscribe()
        work.cancel()
        await asyncio.wait([work, *pumps])
        if work.done() and not work.cancelled():
            work.exception()
        try:
            async with asyncio.timeout(self._connection.limits.callback_timeout_s):
                await self.terminate(self._reason)
        except Exception:
            logger.exception("channel failed to clean up", extra={"topic": self.topic})

    def _unsubscribe(self) -> None:
        for subscription, pump in self._subscriptions.values():
            pump.cancel()
            subscription.close()

    async def _converse(self) -> Reason:
        limit_s = self._connection.limits.callback_timeout_s
        async with asyncio.timeout(limit_s):
            if not await self._answer_join():
                return "refused"
        while True:
            item = await self._mailbox.get()
            async with asyncio.timeout(limit_s):
                if await self._handle(item):
                    return "left"

    async def _answer_join(self) -> bool:
        assert isinstance(self._join.payload, dict)
        try:
            response = await self.join(self._join.payload)
        except JoinRefused as refusal:
            self._reply(self._join, "error", refusal.response)
            return False
        except errors.SoundForgeError as error:
            self._reply(self._join, "error", describe(error))
            return False
        self._reply(self._join, "ok", response)
        return True

    async def _handle(self, item: Item) -> bool:
        """Handle one item; True when the client has left."""
        match item:
            case Push(frame):
                await self._answer(frame)
            case Info(message):
                latest: Message | None = message
                while latest is not None:
                    await self.handle_info(latest)
                    latest = self._mailbox.take_info()
                await self.settle()
            case Leave(frame):
                self._unsubscribe()
                self._reply(frame, "ok", {})
                self.push(protocol.CLOSE, {})
                return True
        return False

    async def _answer(self, frame: Frame) -> None:
        try:
            answer = await self.handle_in(frame.event, frame.payload)
        except errors.SoundForgeError as error:
            answer = Reply("error", describe(error))
        if answer is not None and frame.ref is not None:
            self._reply(frame, answer.status, answer.response)

    def _reply(self, to: Frame, status: Status, response: Payload) -> None:
        self._connection.send(protocol.reply(to, status, response))

    async def _pump(self, subscription: Subscription) -> None:
        try:
            while True:
                message = await subscription.get()
                if message.is_lagged and message.event != RESYNC:
                    self._deliver_info(Notice(message.topic, RESYNC))
                self._deliver_info(message)
        except Exception:
            # The bus has stopped: who joins again gets a new subscription and fresh state.
            logger.warning("subscription lost", extra={"topic": self.topic}, exc_info=True)
            self._fail("subscription lost")

    def _deliver_info(self, message: Message) -> None:
        """Keep an announcement; of a topic that says more than fits, only that there was more."""
        try:
            self._mailbox.put(Info(message), self.merge_key(message))
        except MailboxFull:
            self._mailbox.drop_infos(message.topic)
            self.deliver(Info(Notice(message.topic, RESYNC)))

    def _fail(self, fault: str) -> None:
        if not self._failure.done():
            self._failure.set_result(fault)


ChannelFactory: TypeAlias = "Callable[[], Channel]"
"""Makes one channel for one join: the class itself, or a function that hands it what it needs."""
