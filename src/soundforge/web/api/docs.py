"""The page about this API: from our own OpenAPI document, without a script."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from soundforge.live.diff import to_html
from soundforge.live.template import Template
from soundforge.web import assets, components, guide

ROUTES = APIRouter()

_SHEETS: Final = ("css/tokens.css", "css/base.css", "css/components.css", "css/docs.css")
_PAGE: Final = Template.beside(
    __file__,
    "docs.html",
    brand=components.brand,
    static_path=assets.static_path,
    sheets=_SHEETS,
)


@ROUTES.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Return the page that describes every route, for people."""
    document = request.app.openapi()
    shapes = guide.shapes(document)
    page = _PAGE(
        title=document["info"]["title"],
        version=document["info"]["version"],
        base_url=str(request.base_url).rstrip("/"),
        groups=guide.routes(document, str(request.base_url).rstrip("/")),
        shapes=shapes,
        names={shape.name for shape in shapes},
    )
    return HTMLResponse(to_html(page))
