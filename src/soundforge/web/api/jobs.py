"""Jobs: follow, cancel, retry."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from fastapi import APIRouter
from pydantic import BaseModel, Field

from soundforge.library import Job, Track, jobs, stems, tracks
from soundforge.library.lifecycle import Status, Work
from soundforge.pipeline import actions, outlook
from soundforge.pipeline.outlook import Outlook
from soundforge.web.api.stems import StemOut
from soundforge.web.errors import answers
from soundforge.web.job_error import error_out
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.library import Stem

ROUTES = APIRouter(prefix="/jobs", tags=["jobs"])


class ErrorOut(BaseModel):
    """Why a job failed, or why its last attempt did."""

    code: str
    message: str
    next_step: str


class JobOut(BaseModel):
    """One piece of work on a track."""

    id: uuid.UUID
    track_id: uuid.UUID
    stage: Work
    status: Status
    progress: int = Field(ge=0, le=100, description="Percent.")
    message: str = Field(description="What is being done, or why it waits.")
    attempt: int = Field(ge=1)
    ready_s: float = Field(ge=0, description="Seconds of every stem that can be played already.")
    chunk_s: int = Field(
        gt=0, description="Length of the chunks of its stems; the last is shorter."
    )
    model: str | None = Field(description="Separation model.")
    options: dict[str, Any]
    error: ErrorOut | None
    eta_s: float | None = Field(description="Time left; null while nothing supports a number.")
    eta_error_s: float | None = Field(description="Give or take.")
    queue_position: int | None = Field(description="Place in line, 1 for the next.")
    not_before: datetime | None = Field(description="A retry waits until then.")
    results: dict[str, Any] | None
    stems: list[StemOut]
    inserted_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobBody(BaseModel):
    """One job."""

    data: JobOut


def job_out(job: Job, look: Outlook | None, made: Sequence[Stem] = ()) -> JobOut:
    """Return ``job`` as it goes out."""
    eta = look.eta if look else None
    return JobOut(
        id=job.id,
        track_id=job.track_id,
        stage=cast("Work", job.stage),
        status=Status(job.status),
        progress=job.progress,
        message=look.reason if look and look.reason else job.message,
        attempt=job.attempt,
        ready_s=job.ready_s,
        chunk_s=job.chunk_s,
        model=job.model,
        options=job.options,
        error=ErrorOut(**error) if (error := error_out(job)) else None,
        eta_s=round(eta.left_s, 1) if eta else None,
        eta_error_s=round(eta.error_s, 1) if eta else None,
        queue_position=look.queue_position if look else None,
        not_before=job.not_before,
        results=job.results,
        stems=[StemOut.of(stem) for stem in made if stem.job_id == job.id],
        inserted_at=job.inserted_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


@ROUTES.get("/{job_id}", responses=answers(404, 422))
async def show(job_id: uuid.UUID, services: S, user: User) -> JobBody:
    """Return one job."""
    return await _body(services, user, job_id)


@ROUTES.post("/{job_id}/cancel", responses=answers(404, 409, 422))
async def cancel(job_id: uuid.UUID, services: S, user: User) -> JobBody:
    """End a waiting or running job."""
    await actions.cancel(services.tools, user, job_id)
    return await _body(services, user, job_id)


@ROUTES.post("/{job_id}/retry", responses=answers(404, 409, 422))
async def retry(job_id: uuid.UUID, services: S, user: User) -> JobBody:
    """Let a failed or cancelled job run again."""
    await actions.retry(services.tools, user, job_id)
    return await _body(services, user, job_id)


async def _body(services: S, user: uuid.UUID, job_id: uuid.UUID) -> JobBody:
    async with services.tools.database.transaction() as session:
        job = await jobs.get(session, user, job_id)
        track: Track = await tracks.get(session, user, job.track_id)
        looks = await outlook.look(session, [track])
        made = await stems.of_job(session, job_id)
        return JobBody(data=job_out(job, looks.get(job_id), made))
