"""Every URL, on one screen."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, FastAPI

from soundforge import __version__
from soundforge.web import openapi
from soundforge.web.api import (
    analyses,
    batches,
    curves,
    docs,
    health,
    imports,
    job_stems,
    jobs,
    mixes,
    models,
    notes,
    song,
    song_parts,
    stems,
    track_jobs,
    tracks,
    uploads,
    versions,
)
from soundforge.web.api.compat import analysis, download, processing, spotify

API: Final = "/api/v1"


def make() -> FastAPI:
    """Return the app with the routes of every interface for programs, and their description."""
    app = FastAPI(
        title="Sound Forge Alchemy",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=openapi.operation_id,
    )
    install(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app


def install(app: FastAPI) -> None:
    """Add every route to ``app``; pages and sockets are added by `server`."""
    api = APIRouter(prefix=API)
    for resource in (tracks, track_jobs, song, song_parts, curves, notes, analyses, uploads):
        api.include_router(resource.ROUTES)
    for resource in (imports, jobs, job_stems, mixes, stems, batches, versions, models, docs):
        api.include_router(resource.ROUTES)
    app.include_router(api)
    app.include_router(health.ROUTES)
    for route in (spotify, download, processing, analysis):
        app.include_router(route.ROUTES, include_in_schema=False)
