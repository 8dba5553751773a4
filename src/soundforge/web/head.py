"""HEAD is a GET without its body, for every route of the API (RFC 9110, 9.3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_PREFIXES: Final = ("/api/", "/health")


class HeadAsGet:
    """Let the app answer a HEAD as a GET, and keep the body back.

    Args:
        app: What answers; it knows GET only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_ours = scope["type"] == "http" and scope["path"].startswith(_PREFIXES)
        if not is_ours or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        state = {**scope.get("state", {}), "is_head": True}
        await self._app({**scope, "method": "GET", "state": state}, receive, send_head)


def is_head(scope: Scope) -> bool:
    """Whether the client asked for the headers only: no need to read the file."""
    return bool(scope.get("state", {}).get("is_head")) or scope["method"] == "HEAD"
