"""The ASGI side of a socket: ``<path>/websocket`` and ``<path>/longpoll``.

Mount one per address: ``Mount("/socket", SocketEndpoint(...))``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from soundforge.live import origin, socket
from soundforge.live.limits import Access, TokenBucket
from soundforge.live.longpoll import LongPoll
from soundforge.live.socket import Socket

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.types import Receive, Scope, Send

    from soundforge.live.bus import Bus
    from soundforge.live.channel import ChannelFactory

logger = logging.getLogger(__name__)

_SUBPROTOCOL: Final = "phoenix"
_TOKEN_PREFIX: Final = "base64url.bearer.phx."  # noqa: S105 - the name of a format, not a token


@dataclass(frozen=True, slots=True)
class ConnectInfo:
    """What a client shows when it connects.

    Args:
        token: The bearer token from the subprotocol or the long-poll header; None without one.
        params: The query of the address, without ``vsn``. Never put secrets there.
        cookies: The cookies of a browser.
    """

    token: str | None
    params: Mapping[str, str]
    cookies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Client:
    """Whom the connect hook let in.

    Args:
        socket_id: All sockets with this id, ``users:42``, share one rate limit.
        assigns: What channels see as `Channel.assigns`.
    """

    socket_id: str
    assigns: Mapping[str, Any]


Connect: TypeAlias = Callable[[ConnectInfo], Awaitable[Client | None]]
"""Decides on a new client; None refuses it."""


class SocketEndpoint:
    """Serves Phoenix Channels at one address.

    Args:
        routes: Topic patterns and what serves them: ``{"jobs:*": JobChannel}``. The first wins.
        bus: Where channels subscribe.
        access: Our names, and how much a client may do.
        connect: Decides on each new client.
    """

    def __init__(
        self,
        routes: Mapping[str, ChannelFactory],
        *,
        bus: Bus,
        access: Access,
        connect: Connect,
    ) -> None:
        self.limits = access.limits
        self._routes = dict(routes)
        self._bus = bus
        self._access = access
        self._connect = connect
        self._sockets: dict[Socket, str] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._is_draining = False
        self._longpoll = LongPoll(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        path: str = scope["path"].rstrip("/")
        if scope["type"] == "websocket" and path.endswith("/websocket"):
            await self._serve_websocket(WebSocket(scope, receive, send))
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(socket.POLICY)
        elif path.endswith("/longpoll"):
            await self._longpoll(scope, receive, send)
        else:
            await PlainTextResponse("Not Found", 404)(scope, receive, send)

    async def drain(self) -> None:
        """Refuse new sockets and close the open ones with 1012; clients come back by themselves.

        Returns when all channels have cleaned up, at most ``drain_timeout_s`` later.
        """
        self._is_draining = True
        open_now = list(self._sockets)

        async def cut(sock: Socket) -> None:
            await sock.stop_channels("shutdown")
            sock.close(socket.RESTART, "restarting")

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.limits.drain_timeout_s):
                await asyncio.gather(*map(cut, open_now))
                await asyncio.gather(*(sock.is_released.wait() for sock in open_now))

    def is_ours(self, connection: HTTPConnection) -> bool:
        """Check Host and Origin; see `origin.is_allowed`."""
        return origin.is_allowed(
            connection.headers.get("host"),
            connection.headers.get("origin"),
            scheme=connection.scope.get("scheme", "http"),
            hosts=self._access.hosts,
            origins=self._access.origins,
        )

    async def open(
        self, connection: HTTPConnection, token: str | None, *, takes_binary: bool
    ) -> Socket | None:
        """Check a new client and make its socket, or return None to refuse. For the transports."""
        if not self.is_ours(connection) or self._is_draining or not _speaks_version_2(connection):
            return None
        if len(self._sockets) >= self.limits.max_sockets:
            logger.warning("socket refused: too many are open")
            return None
        params = {name: text for name, text in connection.query_params.items() if name != "vsn"}
        client = await self._connect(ConnectInfo(token, params, connection.cookies))
        return self._admit(client, takes_binary=takes_binary) if client else None

    async def release(self, sock: Socket) -> None:
        """End a socket whose transport is gone. For the transports."""
        sock.close(socket.NORMAL)
        await sock.stop_channels("shutdown" if self._is_draining else "closed")
        socket_id = self._sockets.pop(sock, None)
        if socket_id is not None and socket_id not in self._sockets.values():
            self._buckets.pop(socket_id, None)
        sock.is_released.set()

    def _admit(self, client: Client, *, takes_binary: bool) -> Socket:
        limits = self.limits
        bucket = self._buckets.setdefault(
            client.socket_id, TokenBucket(4 * limits.frames_per_s, 4 * limits.frames_burst)
        )
        sock = Socket(
            self._routes,
            bus=self._bus,
            limits=limits,
            assigns=client.assigns,
            user_bucket=bucket,
            takes_binary=takes_binary,
        )
        self._sockets[sock] = client.socket_id
        return sock

    async def _serve_websocket(self, ws: WebSocket) -> None:
        token = _token_of(ws.scope.get("subprotocols", []))
        sock = await self.open(ws, token, takes_binary=True)
        if sock is None:
            await ws.close(socket.POLICY)  # before accept: the client sees HTTP 403
            return
        try:
            offered = ws.scope.get("subprotocols", [])
            await ws.accept(subprotocol=_SUBPROTOCOL if _SUBPROTOCOL in offered else None)
            await self._run_websocket(ws, sock)
        finally:
            await self.release(sock)

    async def _run_websocket(self, ws: WebSocket, sock: Socket) -> None:
        reader = asyncio.create_task(self._read(ws, sock), name="socket reader")
        writer = asyncio.create_task(self._write(ws, sock), name="socket writer")
        try:
            await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
            sock.close(socket.NORMAL)
            # The reader may have ended because the client is gone: then the writer fails at once.
            await asyncio.wait([writer], timeout=self.limits.send_timeout_s)
        finally:
            reader.cancel()
            writer.cancel()
            await asyncio.wait([reader, writer])
            for task in (reader, writer):
                if not task.cancelled() and task.exception() is not None:
                    logger.error("socket failed", exc_info=task.exception())
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, TimeoutError, OSError):
            async with asyncio.timeout(self.limits.send_timeout_s):
                await ws.close(sock.close_code, sock.close_reason)

    async def _read(self, ws: WebSocket, sock: Socket) -> None:
        while not sock.is_closed:
            try:
                message = await asyncio.wait_for(ws.receive(), self.limits.idle_timeout_s)
            except TimeoutError:
                sock.close(socket.NORMAL, "silent for too long")
                return
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await sock.receive(text if text is not None else message["bytes"])

    async def _write(self, ws: WebSocket, sock: Socket) -> None:
        while (data := await sock.next_message()) is not None:
            try:
                async with asyncio.timeout(self.limits.send_timeout_s):
                    await (ws.send_text(data) if isinstance(data, str) else ws.send_bytes(data))
            except TimeoutError:
                sock.close(socket.TRY_LATER, "too slow")
                return
            except (WebSocketDisconnect, RuntimeError, OSError):
                return


def _speaks_version_2(connection: HTTPConnection) -> bool:
    return connection.query_params.get("vsn", "1.0.0").startswith("2.")


def _token_of(subprotocols: list[str]) -> str | None:
    """Return the bearer token that the client hides in a subprotocol: never in URLs or logs."""
    for name in subprotocols:
        if name.startswith(_TOKEN_PREFIX):
            encoded = name.removeprefix(_TOKEN_PREFIX)
            # The name says base64url, the client writes plain base64 without padding: take both.
            plain = encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4)
            try:
                return base64.b64decode(plain, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None
