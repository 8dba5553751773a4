"""What every request and socket passes first: who may ask from where, how much, and its id.

Pure ASGI, so that it also covers WebSockets and streams.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from soundforge import logs
from soundforge.live import origin
from soundforge.web import errors

if TYPE_CHECKING:
    from collections.abc import Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_BODY_BYTES: Final = 1_000_000
_UPLOADS: Final = "/api/v1/uploads"
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-fA-F:]+\]|[^:\[\]]+)(?::\d{1,5})?")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=()",
}


class Gate:
    """Refuse foreign hosts and origins; bound the body; give every request its id.

    Args:
        app: What is behind the gate.
        allowed_hosts: Names that ``Host`` and ``Origin`` may carry, without port.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Collection[str]) -> None:
        self._app = app
        self._allowed_hosts = frozenset(name.lower() for name in allowed_hosts)
        self._bare_hosts = frozenset(name.strip("[]") for name in self._allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one connection through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with logs.bind(request_id=secrets.token_hex(8)):
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal:
                await _refuse_socket(receive, send)
            else:
                await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["csp_nonce"] = nonce
        answer = _Answer(scope, send, nonce)
        if refusal:
            await errors.problem(*refusal)(scope, receive, answer)
        else:
            await self._app(scope, _bounded(scope, receive), answer)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str, str] | None:
        if not self._is_for_us(headers.getlist("host")):
            return 421, "host_not_allowed", "This host name is not ours.", _HOSTS_NEXT
        asks_to_change = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if asks_to_change and not self._is_from_us(scope, headers):
            return 403, "origin_not_allowed", "Another site sent this request.", _HOSTS_NEXT
        length = headers.get("content-length", "0")
        if scope.get("path") != _UPLOADS and length.isdigit() and int(length) > _MAX_BODY_BYTES:
            return 413, "body_too_large", "The body is over 1 MB.", "Send less."
        return None

    def _is_for_us(self, hosts: list[str]) -> bool:
        """Whether the one Host header names us; two of them are an attempt to confuse proxies."""
        match = _HOST.fullmatch(hosts[0].strip()) if len(hosts) == 1 else None
        return match is not None and match["name"].lower() in self._allowed_hosts

    def _is_from_us(self, scope: Scope, headers: Headers) -> bool:
        """Whether no page of another site sent this; another port is another site."""
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return False
        return origin.is_allowed(
            headers.get("host"),
            headers.get("origin"),
            scheme=scope["scheme"],
            hosts=self._bare_hosts,
        )


_HOSTS_NEXT: Final = "Open the address that the server printed, or set SFA_ALLOWED_HOSTS."


class _Answer:
    """Send a response with our headers, and log it once."""

    def __init__(self, scope: Scope, send: Send, nonce: str) -> None:
        self._scope = scope
        self._send = send
        self._nonce = nonce
        self._began_s = time.monotonic()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers().items():
                if name not in headers:
                    headers[name] = value
            self._log(message["status"])
        await self._send(message)

    def _headers(self) -> dict[str, str]:
        return {
            **_HEADERS,
            "Content-Security-Policy": content_security_policy(self._nonce),
            "X-Request-Id": logs.bound().get("request_id", ""),
        }

    def _log(self, status: int) -> None:
        took_ms = round((time.monotonic() - self._began_s) * 1000, 1)
        level = logging.DEBUG if self._scope["path"].startswith("/static/") else logging.INFO
        extra: dict[str, Any] = {
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": status,
            "took_ms": took_ms,
        }
        logger.log(level, "request answered", extra=extra)


def content_security_policy(nonce: str) -> str:
    """Return the policy of a page whose inline scripts carry ``nonce``."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'",
            "worker-src 'self' blob:",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob: https:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Refuse a body without a length as soon as it grows past the limit."""
    if scope["path"] == _UPLOADS:
        return receive
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > _MAX_BODY_BYTES:
            raise HTTPException(413)
        return message

    return bounded


async def _refuse_socket(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})
