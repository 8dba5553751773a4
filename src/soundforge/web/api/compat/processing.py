"""POST /api/processing/separate, GET /api/processing/job/:id, GET /api/processing/models."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from soundforge import errors
from soundforge.library import stems
from soundforge.pipeline import actions, plans
from soundforge.pipeline.plans import Separation
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

ROUTES = APIRouter(prefix="/api/processing", tags=["compatibility"], route_class=CompatRoute)

_DEFAULT_MODEL = "htdemucs"


@ROUTES.post("/separate", status_code=201)
async def separate(request: Request, services: S, user: User) -> JSONResponse:
    """Start a separation; nothing follows it by itself."""
    body = await body_of(request)
    track = await recordings.find(services, user, body)
    model = _DEFAULT_MODEL if body.get("model") is None else text_of(body, "model")
    names = {known.name for known in services.tools.models.list()}
    if model not in names:
        raise errors.Invalid("model_unknown", f"Invalid model: {str(body.get('model'))[:64]}")
    plan = plans.separate(services.tools.models, Separation(model))
    job = await actions.run_stage(services.tools, user, track.id, plan)
    return success({"job_id": str(job.id), "status": job.status, "model": model}, status=201)


@ROUTES.get("/job/{job_id}")
async def show(job_id: str, services: S, user: User) -> JSONResponse:
    """Return how far the separation is, and its stems."""
    job = await job_of(services, user, job_id, "separate")
    async with services.tools.database.transaction() as session:
        made = await stems.of_job(session, job.id)
    return success(
        {
            "job_id": str(job.id),
            "status": job.status,
            "progress": job.progress,
            "model": job.model,
            "result": job.options,
            "stems": [{"id": str(stem.id), "stem_type": stem.stem_type} for stem in made],
            "error": error_out(job),
        }
    )


@ROUTES.get("/models")
async def models(services: S, user: User) -> JSONResponse:
    """Return every model."""
    del user
    return success(
        {
            "models": [
                {
                    "name": model.name,
                    "description": model.description,
                    "stems": len(model.stems),
                    "installed": model.installed,
                }
                for model in services.tools.models.list()
            ]
        }
    )
