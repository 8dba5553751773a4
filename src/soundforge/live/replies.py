"""What a channel answers: replies, refusals, expected failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from soundforge import errors
    from soundforge.live.protocol import Payload, Status


class JoinRefused(Exception):
    """The client may not join this topic, or there is no such thing. Answer both alike.

    Args:
        reason: Stable, snake_case; the client receives it as ``{"reason": …}``.
        details: More for the client, beside the reason.
    """

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason)
        self.response: dict[str, Any] = {"reason": reason, **details}


class JoinLater(Exception):
    """The channel cannot be joined just now: the client shall try again by itself."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one event."""

    status: Status = "ok"
    response: Payload = field(default_factory=dict)


UNKNOWN_EVENT = Reply("error", {"reason": "unmatched event"})


def describe(error: errors.SoundForgeError) -> dict[str, Any]:
    """Return what a client learns of an expected failure: code, sentence, next step."""
    return {"reason": error.code, "message": error.message, "next_step": error.next_step}
