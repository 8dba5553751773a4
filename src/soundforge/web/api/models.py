"""Separation models: what there is, what is installed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio.models import ModelInfo, Models
from soundforge.web.errors import answers
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/models", tags=["models"])


Name = Annotated[str, Path(max_length=64, pattern="^[a-z0-9_]+$")]


class FetchOut(BaseModel):
    """How far a fetch of weights is."""

    fraction: float = Field(ge=0, le=1)
    message: str = Field(description="What is being done.")
    received_bytes: int | None = Field(description="Null while nothing is being downloaded.")
    total_bytes: int | None


class FetchErrorOut(BaseModel):
    """Why the last fetch ended without the weights."""

    code: str
    message: str
    next_step: str


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
    fetching: FetchOut | None = Field(description="How far its fetch is; null when none runs.")
    fetch_error: FetchErrorOut | None = Field(
        description="Why the last fetch since the start of the server failed; null if none did."
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
    models = services.tools.models
    return ModelsBody(data=[_out(models, model) for model in models.list()])


@ROUTES.post("/{name}/pull", responses={202: {"model": ModelBody}, **answers(404, 409, 422, 503)})
async def pull(
    name: Name,
    services: S,
    user: User,
    response: Response,
    *,
    accept_licence: Annotated[
        bool, Query(description="Whether a person has read the licence and goes on.")
    ] = False,
    wait: Annotated[
        bool, Query(description="False answers 202 at once: look at `fetching` of the model.")
    ] = True,
) -> ModelBody:
    """Fetch a model's weights, check them and put them in place; returns when done."""
    del user
    models = _having(services.tools.models, name)
    if wait:
        await models.pull(name, is_licence_accepted=accept_licence)
    else:
        await models.start_pull(name, is_licence_accepted=accept_licence)
        response.status_code = status.HTTP_202_ACCEPTED
    return ModelBody(data=_out(models, models.info(name)))


@ROUTES.delete("/{name}/pull", responses=answers(404, 422))
async def cancel(name: Name, services: S, user: User) -> ModelBody:
    """End the fetch of a model's weights, if one runs; a later one goes on from there if it can."""
    del user
    models = _having(services.tools.models, name)
    await models.cancel_pull(name)
    return ModelBody(data=_out(models, models.info(name)))


def _having(models: Models, name: str) -> Models:
    if name not in {model.name for model in models.list()}:
        raise errors.NotFound("model_not_found", "There is no such model.", "List them first.")
    return models


def _out(models: Models, model: ModelInfo) -> ModelOut:
    fetch = models.fetch_of(model.name)
    error = fetch.error if fetch else None
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
        fetching=FetchOut(
            fraction=fetch.fraction,
            message=fetch.message,
            received_bytes=fetch.received_bytes,
            total_bytes=fetch.total_bytes,
        )
        if fetch and not error
        else None,
        fetch_error=FetchErrorOut(code=error.code, message=error.message, next_step=error.next_step)
        if error
        else None,
    )
