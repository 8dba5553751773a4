"""Who may open a socket: the Host and Origin rules, as pure functions.

A page of another site can open a WebSocket to us, with our cookies (cross-site WebSocket
hijacking), and a name that an attacker points at 127.0.0.1 reaches a loopback server (DNS
rebinding). So `Host` must be one of our names, and `Origin`, which every browser sends with a
WebSocket, must be the same host. A client that is not a browser sends no Origin and has no
cookies to steal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_allowed(
    host: str | None,
    origin: str | None,
    *,
    scheme: str,
    hosts: Collection[str],
    origins: Collection[str] = (),
) -> bool:
    """Say whether a request with these headers may open a socket.

    Args:
        host: The Host header.
        origin: The Origin header; None when there is none.
        scheme: The scheme of the request: http, https, ws or wss; gives the default port.
        hosts: Our host names, without ports: ``localhost``, ``127.0.0.1``, ``music.example``.
        origins: Further origins, whole: ``https://studio.example``. For a proxy that changes Host.
    """
    ours = _host_and_port(f"{scheme}://{host}") if host else None
    if ours is None or ours[0] not in hosts:
        return False
    if origin is None or origin in origins:
        return True
    if urlsplit(origin).scheme not in ("http", "https"):
        return False
    return _host_and_port(origin) == ours


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or not port or parts.username is not None or parts.path not in ("", "/"):
        return None
    return parts.hostname, port
