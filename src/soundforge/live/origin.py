"""Who may open a socket: the Host and Origin rules, as pure functions.

A page of another site can open a WebSocket to us, with our cookies (cross-site WebSocket
hijacking), and a name that an attacker points at 127.0.0.1 reaches a loopback server (DNS
rebinding). So `Host` must be one of our names, and `Origin`, which every browser sends with a
WebSocket, must be the same host. A client that is not a browser sends no Origin and has no
cookies to steal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_AUTHORITY = re.compile(
    r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<ipv6>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII
)
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
        hosts: Our host names, without ports: ``localhost``, ``127.0.0.1``, ``::1``.
        origins: Further origins, whole: ``https://studio.example``. For a proxy that changes Host.
    """
    ours = _name_and_port(host or "", scheme)
    if ours is None or ours[0] not in hosts:
        return False
    if origin is None or origin in origins:
        return True
    its_scheme, found, rest = origin.partition("://")
    if not found or its_scheme not in ("http", "https"):
        return False
    return _name_and_port(rest, its_scheme) == ours


def _name_and_port(authority: str, scheme: str) -> tuple[str, int] | None:
    match = _AUTHORITY.fullmatch(authority.lower())
    if match is None:
        return None
    port = int(match["port"]) if match["port"] else _DEFAULT_PORTS.get(scheme, 0)
    return (match["name"] or match["ipv6"], port) if 0 < port < 65536 else None
