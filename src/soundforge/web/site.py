"""The live pages with all they need: their routes, their files, their covers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from soundforge import registry
from soundforge.live.session import Signer
from soundforge.live.site import LiveSite, PageRoute
from soundforge.web import assets, drawing, pages
from soundforge.web.layout import layout
from soundforge.web.studio_page import StudioRoute

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from soundforge.live.bus import Bus
    from soundforge.live.limits import Access
    from soundforge.live.site import SessionOf
    from soundforge.web.studio import StudioOf

_FOR_EVER: Final = "public, max-age=31536000, immutable"


def live_site(
    studio_of: StudioOf, *, secret: bytes, bus: Bus, access: Access, session_of: SessionOf
) -> LiveSite:
    """Return the site of every page in `soundforge.web.pages`.

    Args:
        studio_of: Gives the studio of a visitor, from what ``session_of`` returned.
        secret: At least 32 bytes; signs cookies and sessions.
        bus: Where pages hear of changes.
        access: Our names, and how much a browser may do.
        session_of: What is known about a visitor.
    """
    assets.ensure()
    found = registry.entries(pages, "PAGE", StudioRoute)
    return LiveSite(
        [PageRoute(page.path, partial(page.make, studio_of)) for page in found.values()],
        layout=layout,
        signer=Signer(secret),
        bus=bus,
        access=access,
        session_of=session_of,
    )


def file_routes() -> list[BaseRoute]:
    """Return the routes of the static files and of the covers that are drawn."""
    return [
        Route("/art/{seed}.svg", _cover, methods=["GET"]),
        Mount(assets.URL_PREFIX, _Fingerprinted(directory=assets.STATIC)),
    ]


class _Fingerprinted(StaticFiles):
    """Static files; those whose name carries a hash may be kept for ever."""

    async def get_response(self, path: str, scope: MutableMapping[str, Any]) -> Response:
        """Return the file with its cache header."""
        response = await super().get_response(path, scope)
        if response.status_code < 400:
            kept = assets.is_fingerprinted(path)
            response.headers["Cache-Control"] = _FOR_EVER if kept else "no-cache"
        return response


async def _cover(request: Request) -> Response:
    svg = drawing.cover(request.path_params["seed"][:64])
    headers = {"Cache-Control": _FOR_EVER}
    return Response(svg, media_type="image/svg+xml", headers=headers)
