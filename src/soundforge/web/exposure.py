"""Who can reach this server: nobody but this computer, until there are accounts."""

from __future__ import annotations

import ipaddress

from soundforge import errors


def require_loopback(host: str) -> None:
    """Refuse a host that would open this server to strangers.

    Raises:
        errors.Invalid: It can be reached from other computers (``host_not_loopback``).
    """
    name = "127.0.0.1" if host == "localhost" else host.strip("[]")
    try:
        is_loopback = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise errors.Invalid(
            "host_not_loopback",
            f"{host} can be reached from other computers, and there are no accounts yet.",
            "Use 127.0.0.1; put a proxy with its own log-in in front to share it.",
        )
