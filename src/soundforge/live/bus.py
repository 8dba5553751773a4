"""What the live layer asks of a publish-subscribe bus; `soundforge.pubsub` is the real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

RESYNC: Final = "resync"
"""The event that says: announcements may have been missed, read the state again."""


class Message(Protocol):
    """One announcement. It says what changed; the state itself is read from its home.

    The event `RESYNC` means that announcements may have been missed: read the state again.
    """

    @property
    def topic(self) -> str:
        """Where it was announced."""

    @property
    def event(self) -> str:
        """What happened."""

    @property
    def data(self) -> dict[str, Any]:
        """Ids and numbers."""

    @property
    def is_lagged(self) -> bool:
        """Whether messages before this one were lost; channels then receive ``resync`` first."""


class Subscription(Protocol):
    """The messages of one topic, from the moment of subscribing."""

    async def get(self) -> Message:
        """Wait for the next message."""

    def close(self) -> None:
        """Stop; a waiting `get` need not return."""


class Bus(Protocol):
    """Where channels and pages subscribe."""

    def subscribe(self, topic: str) -> Subscription:
        """Start to receive a topic's messages."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message made in this process: for tests, and for a channel that tells itself something."""

    topic: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)
    is_lagged: bool = False
