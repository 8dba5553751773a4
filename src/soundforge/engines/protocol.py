"""What the server and an engine say to each other: one JSON object per line.

The server writes one `Request` to the engine's standard input, which may then close. The
engine answers on standard output with any number of `Progress`, then exactly one `Result`
or `Error`. Standard error is free text for the log. Standard library only: this module is
imported on both sides.
"""

from __future__ import annotations

import json
import math
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

# Exact types: to Python True is an int, to this protocol it is not a fraction.
_FIELDS: Final[dict[type[Message], dict[str, tuple[type, ...]]]] = {
    Request: {"job": (str,), "params": (dict,)},
    Progress: {"fraction": (float, int), "message": (str,), "detail": (dict,)},
    Result: {"value": (dict,)},
    Error: {"code": (str,), "message": (str,), "next_step": (str,), "retryable": (bool,)},
}
_KINDS: Final = {kind.__name__.lower(): kind for kind in _FIELDS}
_OPTIONAL: Final[dict[str, type]] = {"detail": dict, "next_step": str}


class ProtocolError(ValueError):
    """A line is not a message."""


def encode(message: Message) -> bytes:
    """Return ``message`` as one line, its newline included.

    Raises:
        ValueError: A number is not finite, for which JSON has no word, or the line would be
            longer than `MAX_LINE_BYTES`; large results belong in files.
    """
    body = {"type": type(message).__name__.lower(), **asdict(message)}
    line = json.dumps(body, separators=(",", ":"), allow_nan=False).encode() + b"\n"
    if len(line) > MAX_LINE_BYTES:
        raise ValueError(f"a message of {len(line)} bytes is over {MAX_LINE_BYTES}")
    return line


def decode(line: bytes) -> Message:
    """Return the message on ``line``.

    Raises:
        ProtocolError: The line is not JSON, not a message we know, or holds a number that is
            not finite.
    """
    try:
        return _message(json.loads(line.decode(), parse_constant=_finite, parse_float=_finite))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not an engine message: {line[:80]!r}") from error


def _message(body: dict[str, Any]) -> Message:
    kind = _KINDS[body.pop("type")]
    fields = _FIELDS[kind]
    for name in _OPTIONAL.keys() & fields.keys():
        body.setdefault(name, _OPTIONAL[name]())
    if body.keys() != fields.keys():
        raise ValueError("other fields than the protocol's")
    if not all(type(body[name]) in types for name, types in fields.items()):
        raise TypeError("a field of another type than the protocol's")
    if kind is Progress and not 0 <= body["fraction"] <= 1:
        raise ValueError("a fraction outside 0..1")
    return kind(**body)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number
