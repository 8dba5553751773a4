"""One client's connection, without its transport: joins, pushes, limits, the queue to send."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from soundforge.live import protocol
from soundforge.live.limits import Limits, TokenBucket
from soundforge.live.mailbox import Leave, Push
from soundforge.live.protocol import Frame, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soundforge.live.bus import Bus
    from soundforge.live.channel import Channel, ChannelFactory, Reason

logger = logging.getLogger(__name__)

# WebSocket close codes (RFC 6455, section 7.4). Every one makes the client connect again.
NORMAL: Final = 1000
INVALID_DATA: Final = 1007
POLICY: Final = 1008
TOO_BIG: Final = 1009
RESTART: Final = 1012
TRY_LATER: Final = 1013


class Socket:
    """What a client and its channels share.

    Args:
        routes: Topic patterns and what serves them: ``{"jobs:*": JobChannel}``. The first wins.
        bus: Where channels subscribe.
        limits: How much the client may do.
        assigns: What the connect hook learned: the user, the session.
        user_bucket: Frames that all sockets of this user share.
        takes_binary: Whether the transport can carry raw bytes to the client.
    """

    def __init__(
        self,
        routes: Mapping[str, ChannelFactory],
        *,
        bus: Bus,
        limits: Limits,
        assigns: Mapping[str, Any],
        user_bucket: TokenBucket,
        takes_binary: bool = True,
    ) -> None:
        self.bus = bus
        self.limits = limits
        self.assigns = assigns
        self._routes = routes
        self._channels: dict[str, Channel] = {}
        self._running: set[Channel] = set()  # those that still clean up included
        self._takes_binary = takes_binary
        self._own_bucket = TokenBucket(limits.frames_per_s, limits.frames_burst)
        self._user_bucket = user_bucket
        self._refusals_in_a_row = 0
        self._outbox: deque[str | bytes] = deque()
        self._outbox_bytes = 0
        self._has_news = asyncio.Event()
        self._close: tuple[int, str] | None = None
        self.is_released = asyncio.Event()
        """Set once the transport has let go and every channel has cleaned up."""

    # --- towards the client ---

    def send(self, frame: Frame) -> None:
        """Queue a frame; a closed socket ignores it, a full queue closes the socket."""
        if self._close is not None:
            return
        if isinstance(frame.payload, bytes) and not self._takes_binary:
            self._refuse_binary(frame)
            return
        data = protocol.encode(frame)
        size_bytes = len(data)
        if (
            len(self._outbox) >= self.limits.send_queue_frames
            or self._outbox_bytes + size_bytes > self.limits.send_queue_bytes
        ):
            # What was queued is lost anyhow: the client joins again and receives fresh state.
            self._outbox.clear()
            self.close(TRY_LATER, "too slow")
            return
        self._outbox.append(data)
        self._outbox_bytes += size_bytes
        self._has_news.set()

    def _refuse_binary(self, frame: Frame) -> None:
        if frame.event == protocol.REPLY:
            self._refuse(frame, "binary needs a websocket")
        else:
            logger.warning("binary push dropped", extra={"topic": frame.topic})

    async def next_message(self) -> str | bytes | None:
        """Wait for the next message to send; None once the socket is closed and all is sent."""
        await self.wait_for_news()
        if not self._outbox:
            return None
        data = self._outbox.popleft()
        self._outbox_bytes -= len(data)
        return data

    async def wait_for_news(self) -> None:
        """Wait until there is something to send, or the socket is closed."""
        while not self._outbox and self._close is None:
            self._has_news.clear()
            await self._has_news.wait()

    @property
    def has_news(self) -> bool:
        """Whether a message waits to be sent."""
        return bool(self._outbox)

    @property
    def close_code(self) -> int:
        """The code that the transport closes with."""
        return self._close[0] if self._close else NORMAL

    @property
    def close_reason(self) -> str:
        """A few words beside the code."""
        return self._close[1] if self._close else ""

    @property
    def is_closed(self) -> bool:
        """Whether the socket takes nothing more."""
        return self._close is not None

    def close(self, code: int, reason: str = "") -> None:
        """Close after what is queued has been sent; the first call decides the code."""
        if self._close is None:
            self._close = (code, reason)
            self._has_news.set()

    async def stop_channels(self, reason: Reason) -> None:
        """End every channel and wait until they have cleaned up."""
        await asyncio.gather(*(channel.stop(reason) for channel in list(self._running)))

    # --- from the client ---

    async def receive(self, data: str | bytes) -> None:
        """Act on one message of the client; a bad one is answered or closes the socket."""
        size_bytes = len(data.encode("utf-8", "replace")) if isinstance(data, str) else len(data)
        if size_bytes > self.limits.max_frame_bytes:
            self.close(TOO_BIG, "frame too big")
            return
        try:
            frame = protocol.decode(data, max_depth=self.limits.max_json_depth)
        except ProtocolError as error:
            logger.info("malformed frame refused", extra={"rule": str(error)})
            self.close(INVALID_DATA, "malformed frame")
            return
        if self._has_tokens(frame):
            await self._dispatch(frame)

    def forget(self, channel: Channel) -> None:
        """Take the channel off the list of joined ones."""
        if self._channels.get(channel.topic) is channel:
            del self._channels[channel.topic]

    def _has_tokens(self, frame: Frame) -> bool:
        if self._own_bucket.take() and self._user_bucket.take():
            self._refusals_in_a_row = 0
            return True
        self._refusals_in_a_row += 1
        if self._refusals_in_a_row >= self.limits.refusals_before_close:
            self.close(POLICY, "too many frames")
        self._refuse(frame, "rate limited")
        return False

    async def _dispatch(self, frame: Frame) -> None:
        if frame.topic == protocol.PHOENIX_TOPIC:
            self._answer_heartbeat(frame)
            return
        if frame.event == protocol.JOIN:
            await self._join(frame)
            return
        channel = self._channels.get(frame.topic)
        if channel is None or frame.join_ref not in (None, channel.join_ref):
            self._answer_stray(frame)
            return
        channel.deliver(Leave(frame) if frame.event == protocol.LEAVE else Push(frame))

    def _answer_heartbeat(self, frame: Frame) -> None:
        if frame.event == protocol.HEARTBEAT:
            self.send(protocol.reply(frame, "ok", {}))
        else:
            self._refuse(frame, "unmatched event")

    def _answer_stray(self, frame: Frame) -> None:
        # Leaving what is gone is what the client wanted.
        if frame.event == protocol.LEAVE:
            self.send(protocol.reply(frame, "ok", {}))
        else:
            self._refuse(frame, "unmatched topic")

    async def _join(self, frame: Frame) -> None:
        if not isinstance(frame.payload, dict) or frame.join_ref is None or frame.ref is None:
            self._refuse(frame, "malformed join")
            return
        factory = _match(self._routes, frame.topic)
        if factory is None:
            self._refuse(frame, "unmatched topic")
            return
        old = self._channels.get(frame.topic)
        if old is not None:
            await old.stop("replaced")
        elif len(self._channels) >= self.limits.max_topics:
            self._refuse(frame, "too many topics")
            return
        channel = factory()
        self._channels[frame.topic] = channel
        channel.start(self, frame)
        self._running.add(channel)
        channel.on_end(lambda: self._running.discard(channel))

    def _refuse(self, frame: Frame, reason: str) -> None:
        if frame.ref is not None:
            self.send(protocol.reply(frame, "error", {"reason": reason}))


def _match(routes: Mapping[str, Callable[[], Channel]], topic: str) -> Callable[[], Channel] | None:
    for pattern, factory in routes.items():
        if pattern == topic or (pattern.endswith("*") and topic.startswith(pattern[:-1])):
            return factory
    return None
