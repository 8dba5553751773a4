"""Separation models: what there is, what is installed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio.models import ModelInfo
from soundforge.web.errors import answers
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/models", tags=["models"])


class ModelOut(BaseModel):
    """One separation model."""

    name: str
    label: str
    description: str
    stems: list[str]
    is_installed: bool
    is_available: bool = Field(description="Whether this release can run it.")
    reason: str = Field(description="Why not, if it cannot.")
    licence: str
    licence_url: str
    size_bytes: int | None
    is_fetched_by_itself: bool = Field(
        description="Whether its first use fetches it; else it is fetched with accept_licence."
    )
    needs_consent: bool = Field(
        description="Whether nobody has accepted its licence on this machine yet."
    )


class ModelsBody(BaseModel):
    """Every model."""

    data: list[ModelOut]


class ModelBody(BaseModel):
    """One model."""

    data: ModelOut


@ROUTES.get("")
async def index(services: S, user: User) -> ModelsBody:
    """Return every model."""
    del user
    return ModelsBody(data=[_out(model) for model in services.tools.models.list()])


@ROUTES.post("/{name}/pull", responses=answers(404, 409, 422, 503))
async def pull(
    name: Annotated[str, Path(max_length=64, pattern="^[a-z0-9_]+$")],
    services: S,
    user: User,
    *,
    accept_licence: Annotated[
        bool, Query(description="Whether a person has read the licence and goes on.")
    ] = False,
) -> ModelBody:
    """Fetch a model's weights, check them and put them in place; returns when done."""
    del user
    if name not in {model.name for model in services.tools.models.list()}:
        raise errors.NotFound("model_not_found", "There is no such model.", "List them first.")
    await services.tools.models.pull(name, is_licence_accepted=accept_licence)
    return ModelBody(data=_out(services.tools.models.info(name)))


def _out(model: ModelInfo) -> ModelOut:
    return ModelOut(
        name=model.name,
        label=model.label,
        description=model.description,
        stems=list(model.stems),
        is_installed=model.installed,
        is_available=model.available,
        reason=model.reason,
        licence=model.licence,
        licence_url=model.licence_url,
        size_bytes=model.size_bytes,
        is_fetched_by_itself=model.is_fetched_by_itself,
        needs_consent=model.needs_consent,
    )
