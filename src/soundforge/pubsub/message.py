"""What is sent: JSON payloads on one channel.

``pg_notify(CHANNEL, payload)`` in the transaction that changes the rows sends one: at its commit,
and not at all if it rolls back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

CHANNEL: Final = "sfa_events"
MAX_PAYLOAD_BYTES: Final = 7_900  # PostgreSQL takes 7,999


@dataclass(frozen=True, slots=True)
class Message:
    """One announcement.

    Args:
        topic: What it is about: ``tracks:<id>``.
        event: What happened; `events.RESYNC` when messages were lost.
        data: Ids and numbers; ``{"reload": True}`` when they did not fit.
        is_lagged: Messages before this one were lost: read the state again.
    """

    topic: str
    event: str
    data: dict[str, Any] = field(default_factory=dict)
    is_lagged: bool = False


def encode(topic: str, event: str, data: dict[str, Any]) -> str:
    """Return the payload, ASCII: its length is its size in bytes."""
    payload = _dump({"topic": topic, "event": event, "data": data})
    if len(payload) <= MAX_PAYLOAD_BYTES:
        return payload
    return _dump({"topic": topic, "event": event, "data": {"reload": True}})


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), default=str, allow_nan=False)


def decode(payload: str) -> Message | None:
    """Parse a payload; None when it is not ours: anybody may notify on the channel."""
    try:
        match json.loads(payload):
            case {"topic": str(topic), "event": str(event), "data": dict(data)}:
                return Message(topic, event, data)
    except (ValueError, RecursionError):
        pass
    return None
