"""Batches: work on several tracks in one go, followed as one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, cast

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, model_validator

from soundforge.library import batches as rows
from soundforge.library.lifecycle import Status, Work
from soundforge.pipeline import batches
from soundforge.pipeline.batches import MOST_TRACKS
from soundforge.web import cursor as cursors
from soundforge.web.api.jobs import ErrorOut
from soundforge.web.api.separation import SeparationIn
from soundforge.web.api.text import Text
from soundforge.web.errors import answers
from soundforge.web.idempotency import IdempotencyKey, Keep, fingerprint_of, once
from soundforge.web.job_error import error_out
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from soundforge.db.session import Session
    from soundforge.library import Batch, Job
    from soundforge.pipeline.batches import BatchNow

ROUTES = APIRouter(prefix="/batches", tags=["batches"])


class BatchIn(SeparationIn):
    """Which tracks, and what to do with them."""

    track_ids: list[uuid.UUID] | None = Field(
        default=None, min_length=1, max_length=MOST_TRACKS, description="Tracks; or `batch_id`."
    )
    batch_id: uuid.UUID | None = Field(
        default=None, description="All tracks of this batch: of an imported album, for example."
    )
    stages: Annotated[
        list[Literal["separate", "analyze"]],
        Field(default_factory=lambda: ["separate"], min_length=1, max_length=2),
    ]
    title: Text = Field(default="", max_length=200, description="Empty: named after its tracks.")

    @model_validator(mode="after")
    def _names_tracks_once(self) -> Self:
        if (self.track_ids is None) == (self.batch_id is None):
            raise ValueError("send either track_ids or batch_id")
        return self


class CountsOut(BaseModel):
    """Tracks by what became of them."""

    done: int
    failed: int
    waiting: int
    running: int
    cancelled: int


class LeftOutOut(BaseModel):
    """A track that was asked for and could not be started."""

    track_id: uuid.UUID
    code: str
    message: str
    next_step: str


class BatchOut(BaseModel):
    """Work on several tracks."""

    id: uuid.UUID
    title: str
    kind: str = Field(description="`selection`, `album` or `playlist`.")
    model: str | None = Field(description="Of its separations.")
    total: int = Field(description="How many tracks; those in the bin do not count.")
    counts: CountsOut = Field(description="A track is done when all its jobs here are.")
    percent: int = Field(ge=0, le=100, description="100 once nothing waits or runs.")
    eta_s: float | None = Field(description="Time left; null while nothing supports a number.")
    eta_error_s: float | None = Field(description="Give or take.")
    skipped: list[LeftOutOut]
    inserted_at: datetime


class BatchJobOut(BaseModel):
    """One job of a batch, in short."""

    id: uuid.UUID
    track_id: uuid.UUID
    track_title: str
    stage: Work
    status: Status
    progress: int = Field(ge=0, le=100, description="Percent.")
    error: ErrorOut | None


class BatchWithJobsOut(BatchOut):
    """A batch with its jobs."""

    jobs: list[BatchJobOut] = Field(description="Oldest first.")


class BatchBody(BaseModel):
    """One batch."""

    data: BatchWithJobsOut


class BatchesBody(BaseModel):
    """A page of batches, newest first."""

    data: list[BatchOut]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page.")


@ROUTES.post("", status_code=201, response_model=BatchBody, responses=answers(404, 409, 422))
async def create(
    wanted: BatchIn,
    request: Request,
    services: S,
    user: User,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Start work on several tracks; what cannot be started is in `skipped`."""

    async def work(keep: Keep) -> None:
        async def answer(session: Session, begun: Batch) -> None:
            await keep(session, await _body(session, user, begun.id))

        ids = wanted.track_ids
        if wanted.batch_id is not None:
            ids = await batches.track_ids_of(services.tools, user, wanted.batch_id)
        await batches.begin(
            services.tools,
            user,
            ids or (),
            stages=wanted.stages,
            separation=wanted.separation,
            title=wanted.title.strip(),
            also=answer,
        )

    fingerprint = fingerprint_of(request, wanted.model_dump_json())
    return await once(services, user, idempotency_key, fingerprint, status=201, work=work)


@ROUTES.get("", responses=answers(422))
async def index(
    services: S,
    user: User,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    cursor: Annotated[Text | None, Query(max_length=200)] = None,
) -> BatchesBody:
    """Return a page of batches, newest first, without their jobs."""
    after = cursors.decode(cursor)
    async with services.tools.database.transaction() as session:
        found, next_after = await rows.page(session, user, limit=limit, after=after)
        standings = await batches.now(session, found)
        return BatchesBody(
            data=[BatchOut(**_fields(one)) for one in standings],
            next_cursor=cursors.encode(next_after),
        )


@ROUTES.get("/{batch_id}", responses=answers(404, 422))
async def show(batch_id: uuid.UUID, services: S, user: User) -> BatchBody:
    """Return one batch with its jobs."""
    return await _shown(services, user, batch_id)


@ROUTES.post("/{batch_id}/cancel", responses=answers(404, 422))
async def cancel(batch_id: uuid.UUID, services: S, user: User) -> BatchBody:
    """End all of it that waits or runs; what is done stays."""
    await batches.cancel(services.tools, user, batch_id)
    return await _shown(services, user, batch_id)


@ROUTES.post("/{batch_id}/retry", responses=answers(404, 422))
async def retry(batch_id: uuid.UUID, services: S, user: User) -> BatchBody:
    """Let what failed run again."""
    await batches.retry(services.tools, user, batch_id)
    return await _shown(services, user, batch_id)


async def _shown(services: S, user: uuid.UUID, batch_id: uuid.UUID) -> BatchBody:
    async with services.tools.database.transaction() as session:
        return await _body(session, user, batch_id)


async def _body(session: Session, user: uuid.UUID, batch_id: uuid.UUID) -> BatchBody:
    (one,) = await batches.now(session, [await rows.get(session, user, batch_id)])
    jobs = [_job_out(job) for job in await rows.jobs_of(session, batch_id)]
    return BatchBody(data=BatchWithJobsOut(**_fields(one), jobs=jobs))


def _fields(one: BatchNow) -> dict[str, Any]:
    batch, standing = one.batch, one.standing
    return {
        "id": batch.id,
        "title": batch.title,
        "kind": batch.kind,
        "model": batch.model,
        "total": standing.total,
        "counts": CountsOut.model_validate(standing.counts),
        "percent": standing.percent,
        "eta_s": round(standing.eta.left_s, 1) if standing.eta else None,
        "eta_error_s": round(standing.eta.error_s, 1) if standing.eta else None,
        "skipped": [LeftOutOut(**left_out) for left_out in batch.skipped],
        "inserted_at": batch.inserted_at,
    }


def _job_out(job: Job) -> BatchJobOut:
    return BatchJobOut(
        id=job.id,
        track_id=job.track_id,
        track_title=job.track.title,
        stage=cast("Work", job.stage),
        status=Status(job.status),
        progress=job.progress,
        error=ErrorOut(**error) if (error := error_out(job)) else None,
    )
