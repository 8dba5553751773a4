"""Every URL, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter

from soundforge.web.api import (
    health,
    imports,
    job_stems,
    jobs,
    mixes,
    models,
    stems,
    tracks,
    uploads,
)
from soundforge.web.api.compat import analysis, download, processing, spotify

if TYPE_CHECKING:
    from fastapi import FastAPI

API: Final = "/api/v1"


def install(app: FastAPI) -> None:
    """Add every route to ``app``; pages and sockets are added by `server`."""
    api = APIRouter(prefix=API)
    for resource in (tracks, uploads, imports, jobs, job_stems, mixes, stems, models):
        api.include_router(resource.ROUTES)
    app.include_router(api)
    app.include_router(health.ROUTES)
    for route in (spotify, download, processing, analysis):
        app.include_router(route.ROUTES, include_in_schema=False)
