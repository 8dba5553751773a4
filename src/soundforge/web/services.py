"""What requests and pages work with, handed to the web app by the composition root."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

from soundforge.web.background import Background

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soundforge.pipeline import Tools
    from soundforge.pubsub import PubSub

LOCAL_USER: Final = uuid.UUID("00000000-0000-4000-8000-000000000001")
"""Everything belongs to this user until accounts exist."""


@dataclass(frozen=True, slots=True)
class Services:
    """The doors of the web.

    Args:
        tools: What the pipeline works with.
        pubsub: What pages and channels listen to.
        secret: Key that signs sessions and CSRF tokens.
        allowed_hosts: Host names that requests and sockets may name.
        is_spotify_configured: Whether there are credentials for Spotify.
        health: Return name and state of each part that must work.
        mixes: Lets so many mixes be made at once on request.
        background: Does what pages begin and need not wait for.
        uploads: Lets so many files that were sent be decoded at once.
    """

    tools: Tools
    pubsub: PubSub
    secret: bytes
    allowed_hosts: tuple[str, ...]
    is_spotify_configured: bool
    health: Callable[[], Awaitable[dict[str, bool]]]
    mixes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    background: Background = field(default_factory=Background)
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @property
    def host_names(self) -> frozenset[str]:
        """Our names as `soundforge.live` wants them: lower case, IPv6 without brackets."""
        return frozenset(name.lower().strip("[]") for name in self.allowed_hosts)


def services_of(request: Request) -> Services:
    """Return the services of the app that serves ``request``."""
    services: Services = request.app.state.services
    return services


def current_user() -> uuid.UUID:
    """Return who asks. One local user, until accounts exist."""
    return LOCAL_USER


S = Annotated[Services, Depends(services_of)]
User = Annotated[uuid.UUID, Depends(current_user)]
