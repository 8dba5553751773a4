"""POST /api/spotify/fetch: the service's own object for a link."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from soundforge.providers import base
from soundforge.web.api.compat.answer import CompatRoute, body_of, refusal, success, text_of
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/api/spotify", tags=["compatibility"], route_class=CompatRoute)


@ROUTES.post("/fetch")
async def fetch(request: Request, services: S, user: User) -> JSONResponse:
    """Return what Spotify knows about the link; no rows are made."""
    del user
    url = text_of(await body_of(request), "url")
    if url is None:
        return refusal(400, "url parameter is required", "url_required")
    found = await base.find(services.tools.providers, url).resolve(url)
    return success({"metadata": found.raw})
