"""Channels over plain HTTP, for networks where WebSockets do not pass.

The client polls with GET and sends with POST. The HTTP status is always 200: the one that counts
is in the JSON. Sessions live in this process: several processes need sticky sessions.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from soundforge.live.limits import Limits
    from soundforge.live.socket import Socket

OK, NO_NEWS, REFUSED, GONE, TOO_BIG = 200, 204, 403, 410, 413


class Host(Protocol):
    """What long poll needs of its endpoint."""

    @property
    def limits(self) -> Limits:
        """How much a client may do."""

    async def open(
        self, connection: HTTPConnection, token: str | None, *, takes_binary: bool
    ) -> Socket | None:
        """Check a new client and make its socket."""

    async def release(self, sock: Socket) -> None:
        """End a socket."""

    def is_ours(self, connection: HTTPConnection) -> bool:
        """Check Host and Origin."""


@dataclass(slots=True)
class _Session:
    sock: Socket
    seen_at_s: float
    poll: asyncio.Lock = field(default_factory=asyncio.Lock)
    reaper: asyncio.Task[None] | None = None


class LongPoll:
    """The long-poll transport of one endpoint.

    Args:
        host: The endpoint that checks clients and keeps their sockets.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._sessions: dict[str, _Session] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of the ``longpoll`` path."""
        request = Request(scope, receive)
        if request.method not in ("GET", "POST"):
            refusal = PlainTextResponse("Method Not Allowed", 405, headers={"allow": "GET, POST"})
            await refusal(scope, receive, send)
            return
        answer = await self._answer(request)
        response = JSONResponse(answer, headers={"cache-control": "no-store"})
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> dict[str, Any]:
        if not self._host.is_ours(request):
            return {"status": REFUSED}
        token = request.query_params.get("token", "")
        if request.method == "GET" and token in ("", "null"):
            return await self._open(request)
        session = self._sessions.get(token)
        if session is None:
            return {"status": GONE}
        session.seen_at_s = time.monotonic()
        if request.method == "POST":
            return await self._receive(request, session)
        async with session.poll:
            return await self._poll(request, session, token)

    async def _open(self, request: Request) -> dict[str, Any]:
        token = request.headers.get("x-phoenix-authtoken")
        sock = await self._host.open(request, token, takes_binary=False)
        if sock is None:
            return {"status": REFUSED}
        token = secrets.token_urlsafe(24)
        session = self._sessions[token] = _Session(sock, time.monotonic())
        session.reaper = asyncio.create_task(self._reap(token, session), name="long-poll reaper")
        return {"status": GONE, "token": token, "messages": []}

    async def _poll(self, request: Request, session: _Session, token: str) -> dict[str, Any]:
        sock = session.sock
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._host.limits.longpoll_window_s):
                await sock.wait_for_news()
        session.seen_at_s = time.monotonic()
        # A client that has gone meanwhile must not take messages with it.
        if await request.is_disconnected() or not (sock.has_news or sock.is_closed):
            return {"status": NO_NEWS, "token": token, "messages": []}
        messages: list[str] = []
        while sock.has_news and (data := await sock.next_message()) is not None:
            assert isinstance(data, str)  # the client of a long poll takes text only
            messages.append(data)
        if not messages:
            return {"status": GONE, "token": token, "messages": []}
        return {"status": OK, "token": token, "messages": messages}

    async def _receive(self, request: Request, session: _Session) -> dict[str, Any]:
        body = await _body(request, 4 * self._host.limits.max_frame_bytes)
        if body is None:
            return {"status": TOO_BIG}
        for line in body.decode("utf-8", "replace").splitlines():
            if line:
                await session.sock.receive(_frame_of(line))
        return {"status": OK}

    async def _reap(self, token: str, session: _Session) -> None:
        """End the session once its client has stopped to poll."""
        patience_s = 2 * self._host.limits.longpoll_window_s
        sock = session.sock
        is_over = False
        while not is_over:
            await asyncio.sleep(min(1.0, patience_s / 10))
            is_silent = time.monotonic() - session.seen_at_s > patience_s
            is_over = is_silent or (sock.is_closed and not sock.has_news)
        # A poll that waits right now learns of the end before the session is forgotten.
        sock.close(1000)
        await self._host.release(sock)
        self._sessions.pop(token, None)


async def _body(request: Request, max_bytes: int) -> bytes | None:
    parts: list[bytes] = []
    size_bytes = 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > max_bytes:
            return None
        parts.append(part)
    return b"".join(parts)


def _frame_of(line: str) -> str | bytes:
    """Return one frame: JSON text as it is, anything else is base64 of a binary frame."""
    if line.startswith("["):
        return line
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        return line
