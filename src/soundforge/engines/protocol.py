"""What the server and an engine say to each other: one JSON object per line.

The server writes one `Request` to the engine's standard input, which may then close. The
engine answers on standard output with any number of `Progress`, then exactly one `Result`
or `Error`. Standard error is free text for the log. Standard library only: this module is
imported on both sides.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final, TypeAlias

MAX_LINE_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """Work for an engine; every path is absolute and readable by it."""

    job: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is, from 0.0 to 1.0, and what is being done.

    ``detail`` carries numbers that a page may show: ``{"segment": 3, "segments": 44}``.
    """

    fraction: float
    message: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The work is done; what it made."""

    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """The work cannot be done. ``retryable`` says whether to try again."""

    code: str
    message: str
    next_step: str
    retryable: bool


Message: TypeAlias = Request | Progress | Result | Error

_TYPES: Final[dict[str, dict[str, Any]]] = {
    "request": {"make": Request, "job": str, "params": dict},
    "progress": {"make": Progress, "fraction": (int, float), "message": str, "detail": dict},
    "result": {"make": Result, "value": dict},
    "error": {"make": Error, "code": str, "message": str, "next_step": str, "retryable": bool},
}
_OPTIONAL: Final = {"detail", "next_step"}


class ProtocolError(ValueError):
    """A line is not a message."""


def encode(message: Message) -> bytes:
    """Return ``message`` as one line, its newline included.

    Raises:
        ValueError: A number is not finite; JSON has no word for it.
    """
    body = {"type": type(message).__name__.lower(), **asdict(message)}
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return the message on ``line``.

    Raises:
        ProtocolError: The line is not JSON, or not a message we know.
    """
    try:
        body = json.loads(line)
        fields = dict(_TYPES[body.pop("type")])
        make = fields.pop("make")
        for name in _OPTIONAL & fields.keys():
            body.setdefault(name, fields[name]())
        if body.keys() != fields.keys() or not all(
            isinstance(body[name], kind) for name, kind in fields.items()
        ):
            raise ProtocolError(f"not an engine message: {line[:80]!r}")
        message: Message = make(**body)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not an engine message: {line[:80]!r}") from error
    return message
