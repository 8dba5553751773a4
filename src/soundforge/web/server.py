"""The web app: routes, sockets and pages behind one gate."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from fastapi import FastAPI

from soundforge.live.endpoint import Client, ConnectInfo, SocketEndpoint
from soundforge.live.limits import Access
from soundforge.web import errors, router, site
from soundforge.web.channels import jobs
from soundforge.web.head import HeadAsGet
from soundforge.web.security import Gate
from soundforge.web.services import LOCAL_USER
from soundforge.web.user_studio import UserStudio

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from soundforge.live.site import LiveSite
    from soundforge.web.services import Services


class WebApp:
    """Everything that is served over HTTP and WebSocket.

    Args:
        services: What requests and pages work with.
    """

    def __init__(self, services: Services) -> None:
        self._site = _site(services)
        self._sockets = [_job_socket(services), self._site.endpoint]
        self.asgi: ASGIApp = Gate(
            HeadAsGet(self._app(services)), allowed_hosts=services.allowed_hosts
        )

    async def drain(self) -> None:
        """Close every socket with 1012: clients come back by themselves."""
        for endpoint in self._sockets:
            await endpoint.drain()

    def _app(self, services: Services) -> FastAPI:
        app = router.make()
        app.state.services = services
        errors.install(app)
        app.mount("/socket", self._sockets[0])
        app.router.routes += [*self._site.routes(), *site.file_routes()]
        return app


def _site(services: Services) -> LiveSite:
    async def session_of(_: Request) -> dict[str, str]:
        return {"user_id": str(LOCAL_USER)}

    return site.live_site(
        lambda session: UserStudio(services, uuid.UUID(session["user_id"])),
        secret=services.secret,
        bus=services.pubsub,
        access=Access(hosts=services.host_names),
        session_of=session_of,
    )


def _job_socket(services: Services) -> SocketEndpoint:
    async def connect(_: ConnectInfo) -> Client:
        return Client(f"users:{LOCAL_USER}", {"user_id": LOCAL_USER})

    return SocketEndpoint(
        {jobs.PATTERN: lambda: jobs.JobChannel(services)},
        bus=services.pubsub,
        access=Access(hosts=services.host_names),
        connect=connect,
    )
