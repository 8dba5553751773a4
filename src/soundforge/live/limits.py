"""How much one client may ask of us; every number has its unit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a socket endpoint. The defaults suit people at browsers, not bulk clients.

    Args:
        max_frame_bytes: Longest message a client may send; longer closes with 1009.
        max_json_depth: Deepest nesting of a frame; deeper closes with 1007.
        max_topics: Topics one socket may have joined at a time.
        max_sockets: Sockets of one endpoint; one more is refused.
        frames_per_s: Frames a socket may send, over time. A user's sockets share four times this.
        frames_burst: Frames a socket may send at once.
        refusals_before_close: Frames refused in a row before the socket closes with 1008.
        mailbox_size: Messages that may wait for one channel. One more announcement, and its topic's
            become one ``resync``; one more event of the client, and the channel crashes.
        send_queue_frames: Frames that may wait for a slow client; one more drops it.
        send_queue_bytes: The same, in bytes.
        send_timeout_s: Longest time one frame may take to leave.
        idle_timeout_s: A socket silent for this long is closed; clients send a heartbeat each 30 s.
        callback_timeout_s: Longest time a join, an event or a message may take to handle.
        drain_timeout_s: How long closing sockets may take at shutdown.
        longpoll_window_s: How long a poll waits for a message.
    """

    max_frame_bytes: int = 128 * 1024
    max_json_depth: int = 32
    max_topics: int = 64
    max_sockets: int = 1000
    frames_per_s: float = 50.0
    frames_burst: int = 200
    refusals_before_close: int = 100
    mailbox_size: int = 512
    send_queue_frames: int = 512
    send_queue_bytes: int = 16 * 1024 * 1024
    send_timeout_s: float = 15.0
    idle_timeout_s: float = 60.0
    callback_timeout_s: float = 30.0
    drain_timeout_s: float = 5.0
    longpoll_window_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Access:
    """Who may connect, and how much a client may do.

    Args:
        hosts: Our host names in lower case, without ports: ``localhost``, ``127.0.0.1``.
        origins: Further allowed origins, whole: ``https://studio.example``.
        limits: How much a client may do.
    """

    hosts: frozenset[str]
    origins: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)


class TokenBucket:
    """Allows ``burst`` things at once and ``per_s`` over time.

    Args:
        per_s: Tokens that come back each second.
        burst: Most tokens there can be.
        now: A monotonic clock in seconds.
    """

    def __init__(self, per_s: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = float(burst)
        self._now = now
        self._tokens = self._burst
        self._at = now()

    def take(self) -> bool:
        """Take one token; False when there is none."""
        now = self._now()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_s)
        self._at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
