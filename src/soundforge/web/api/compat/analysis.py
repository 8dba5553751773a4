"""POST /api/analysis/analyze and GET /api/analysis/job/:id."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from soundforge import errors
from soundforge.audio import analyzer
from soundforge.library import tracks
from soundforge.pipeline import actions, plans
from soundforge.web.api.compat import recordings
from soundforge.web.api.compat.answer import (
    CompatRoute,
    body_of,
    job_of,
    success,
    text_of,
)
from soundforge.web.job_error import error_out
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/api/analysis", tags=["compatibility"], route_class=CompatRoute)

_TYPES = ("full", "tempo", "key", "spectral", "energy", "structure", "loops", "arrangement")
_CUSTOM: Final = "custom"  # the type of what features alone were named for


@ROUTES.post("/analyze", status_code=201)
async def analyze(request: Request, services: S, user: User) -> JSONResponse:
    """Start an analysis of a `type`, of `features`, or of both; nothing follows it by itself."""
    body = await body_of(request)
    track = await recordings.find(services, user, body)
    features = _features(body)
    kinds = [] if features and body.get("type") is None else [_type(body)]
    plan = plans.analyze(analyzer.select([*kinds, *features]))
    kind = plan.options["type"] = kinds[0] if kinds else _CUSTOM
    job = await actions.run_stage(services.tools, user, track.id, plan)
    return success({"job_id": str(job.id), "status": job.status, "type": kind}, status=201)


@ROUTES.get("/job/{job_id}")
async def show(job_id: str, services: S, user: User) -> JSONResponse:
    """Return how far the analysis is, and what it found."""
    job = await job_of(services, user, job_id, "analyze")
    async with services.tools.database.transaction() as session:
        track = await tracks.get(session, user, job.track_id)
    found = [result for result in track.analyses if result.job_id == job.id]
    return success(
        {
            "job_id": str(job.id),
            "status": job.status,
            "progress": job.progress,
            "type": job.options.get("type", "full"),
            "result": found[0].features if found else None,
            "error": error_out(job),
        }
    )


def _type(body: dict[str, Any]) -> str:
    kind = "full" if body.get("type") is None else text_of(body, "type")
    if kind not in _TYPES:
        raise errors.Invalid(
            "unknown_analysis_type",
            f"Invalid analysis type: {str(body.get('type'))[:40]}. "
            f"Valid types: {', '.join(_TYPES)}",
        )
    return kind


def _features(body: dict[str, Any]) -> list[str]:
    """Return the names in ``features``; without any the type alone selects."""
    given = body.get("features") or []
    names = given if isinstance(given, list) else [given]
    for name in names:
        if name not in analyzer.NAMES:
            raise errors.Invalid(
                "unknown_feature",
                f"Invalid features: {str(name)[:40]}. Valid features: {', '.join(analyzer.NAMES)}",
            )
    return names
