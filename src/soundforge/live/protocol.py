"""The Phoenix Channels wire format, version 2: frames to and from text and bytes. Pure.

Text is a JSON array ``[join_ref, ref, topic, event, payload]``. A binary frame is a kind byte, one
length byte for each string, the strings, then the raw payload. The client numbers its joins and
pushes (`ref`); everything that belongs to one join carries that join's number (`join_ref`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn, Self, TypeAlias

JOIN: Final = "phx_join"
LEAVE: Final = "phx_leave"
REPLY: Final = "phx_reply"
CLOSE: Final = "phx_close"
ERROR: Final = "phx_error"
HEARTBEAT: Final = "heartbeat"
PHOENIX_TOPIC: Final = "phoenix"

MAX_STRING_BYTES: Final = 255
"""Longest ref, topic or event; the binary format has one byte for each length."""

_PUSH, _REPLY, _BROADCAST = 0, 1, 2
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Payload: TypeAlias = dict[str, Any] | bytes
Status: TypeAlias = Literal["ok", "error"]


class ProtocolError(Exception):
    """A frame that is not ours: the sender is broken or hostile. The text names the rule."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message on a socket.

    Args:
        join_ref: The join that it belongs to; None for the socket itself and for broadcasts.
        ref: The number a reply repeats; None where no reply is wanted or given.
        topic: ``jobs:42``, ``lv:phx-…``, or ``phoenix`` for the socket itself.
        event: What happened, or what is asked.
        payload: A JSON object, or raw bytes.
    """

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Payload


def reply(to: Frame, status: Status, response: Payload) -> Frame:
    """Return the answer to a frame, on its topic and with its ref.

    A binary response is answered as a binary frame, whose event is the status.
    """
    if isinstance(response, bytes):
        return Frame(to.join_ref, to.ref, to.topic, REPLY, _BinaryReply(status, response))
    payload = {"status": status, "response": response}
    return Frame(to.join_ref, to.ref, to.topic, REPLY, payload)


class _BinaryReply(bytes):
    """A response of raw bytes that remembers its status, for `encode`."""

    status: Status

    def __new__(cls, status: Status, response: bytes) -> Self:
        made = super().__new__(cls, response)
        made.status = status
        return made


def decode(data: str | bytes, *, max_depth: int = 32) -> Frame:
    """Read a frame that a client sent.

    Args:
        data: A WebSocket text or binary message.
        max_depth: How deep the JSON may be nested, the frame's own array included.

    Raises:
        ProtocolError: For anything else than a frame; no other exception leaves this function.
    """
    return _decode_text(data, max_depth) if isinstance(data, str) else _decode_push(data)


def encode(frame: Frame) -> str | bytes:
    """Write a frame for a client: text for a JSON payload, bytes for raw bytes.

    Raises:
        ProtocolError: A string of a binary frame is longer than `MAX_STRING_BYTES`.
        TypeError: The payload holds what JSON cannot say.
    """
    if isinstance(frame.payload, bytes):
        return _encode_binary(frame)
    parts = [frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload]
    text = json.dumps(parts, separators=(",", ":"), ensure_ascii=False)
    # A lone surrogate has no UTF-8; as an escape it passes.
    if _has_no_utf8(text):
        return json.dumps(parts, separators=(",", ":"))
    return text


def _decode_text(text: str, max_depth: int) -> Frame:
    _check_depth(text, max_depth)
    try:
        parts = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the frame is not JSON") from error
    if not isinstance(parts, list) or len(parts) != 5:
        raise ProtocolError("a frame is an array of five")
    if _SURROGATE.search(text) and _has_no_utf8(json.dumps(parts, ensure_ascii=False)):
        raise ProtocolError("the frame holds half a character")
    join_ref, ref, topic, event, payload = parts
    if not isinstance(payload, dict):
        raise ProtocolError("the payload is an object")
    return Frame(_ref(join_ref), _ref(ref), _name(topic), _name(event), payload)


def _decode_push(data: bytes) -> Frame:
    if len(data) < 5 or data[0] != _PUSH:
        raise ProtocolError("a binary frame from a client is a push")
    strings, rest = [], data[5:]
    for size in data[1:5]:
        if len(rest) < size:
            raise ProtocolError("the binary frame ends early")
        try:
            strings.append(rest[:size].decode())
        except UnicodeDecodeError as error:
            raise ProtocolError("the binary frame's strings are not UTF-8") from error
        rest = rest[size:]
    join_ref, ref, topic, event = strings
    return Frame(join_ref or None, ref or None, _name(topic), _name(event), rest)


def _check_depth(text: str, max_depth: int) -> None:
    # Counting is done in C: the scan below runs for unusual frames only.
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for char in _STRINGS.sub("", text):
        if char in "[{":
            depth += 1
            if depth > max_depth:
                raise ProtocolError(f"the JSON is nested deeper than {max_depth}")
        elif char in "]}":
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise ProtocolError(f"{name} is not JSON")


def _has_no_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _ref(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value.encode()) > MAX_STRING_BYTES:
        raise ProtocolError("a ref is a short string or null")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value.encode()) <= MAX_STRING_BYTES:
        raise ProtocolError("topic and event are strings of 1 to 255 bytes")
    return value


def _encode_binary(frame: Frame) -> bytes:
    assert isinstance(frame.payload, bytes)
    if isinstance(frame.payload, _BinaryReply):
        strings = (frame.join_ref or "", frame.ref or "", frame.topic, frame.payload.status)
        return _pack(_REPLY, strings, frame.payload)
    if frame.join_ref is None:
        return _pack(_BROADCAST, (frame.topic, frame.event), frame.payload)
    return _pack(_PUSH, (frame.join_ref, frame.topic, frame.event), frame.payload)


def _pack(kind: int, strings: tuple[str, ...], payload: bytes) -> bytes:
    encoded = [text.encode() for text in strings]
    if any(len(text) > MAX_STRING_BYTES for text in encoded):
        raise ProtocolError(f"a string of a binary frame is longer than {MAX_STRING_BYTES} bytes")
    return bytes([kind, *map(len, encoded)]) + b"".join(encoded) + payload
