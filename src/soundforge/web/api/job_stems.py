"""The stems of a separation by its job: what is made so far, while it is being made."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Path, Response

from soundforge import errors
from soundforge.library import Status, jobs
from soundforge.storage import layout
from soundforge.web.errors import answers
from soundforge.web.files import immutable
from soundforge.web.services import S, Services, User

if TYPE_CHECKING:
    from soundforge.library import Job

ROUTES = APIRouter(prefix="/jobs", tags=["jobs"])

StemType = Annotated[str, Path(pattern="^[a-z][a-z0-9_]{0,39}$")]
_BYTES: Final = "application/octet-stream"


def _sound(media_type: str, description: str) -> dict[int | str, dict[str, object]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"content": content, "description": description}, **answers(404, 422)}


@ROUTES.get(
    "/{job_id}/stems/{stem_type}/chunks/{number}",
    response_class=Response,
    responses=_sound("audio/flac", "As long as `chunk_s` of the job says, or what is left."),
)
async def chunk(
    job_id: uuid.UUID,
    stem_type: StemType,
    number: Annotated[int, Path(ge=0, le=99_999)],
    services: S,
    user: User,
) -> Response:
    """Return the n-th chunk of a stem, as soon as it is made.

    The job's `ready_s` says how far every stem is. The address stays good when the job has ended.
    """
    job = await _separation(services, user, job_id)
    place = layout.stem_chunk(job_id, stem_type, number)
    return await _answer(services, job, place, "audio/flac")


@ROUTES.get(
    "/{job_id}/stems/{stem_type}/peaks",
    response_class=Response,
    responses=_sound(_BYTES, "One byte per 1/100 s: the largest sample, 255 is full scale."),
)
async def peaks(job_id: uuid.UUID, stem_type: StemType, services: S, user: User) -> Response:
    """Return the wave of a stem as far as it is made."""
    job = await _separation(services, user, job_id)
    return await _answer(services, job, layout.stem_peaks(job_id, stem_type), _BYTES)


async def _separation(services: Services, user: uuid.UUID, job_id: uuid.UUID) -> Job:
    async with services.tools.database.transaction() as session:
        job = await jobs.get(session, user, job_id)
    if job.stage != "separate":
        raise errors.NotFound("job_not_found", "There is no such separation.")
    return job


async def _answer(services: Services, job: Job, place: str, media_type: str) -> Response:
    path = services.tools.storage.path(place)
    if job.status == Status.COMPLETED:
        return immutable(path, media_type)
    # Read at once, and looked for in both places: the folder is renamed when the job ends.
    partial = services.tools.storage.path(layout.of_attempt(place, job.attempt))
    for candidate in (partial, path):
        try:
            content = await asyncio.to_thread(candidate.read_bytes)
        except (FileNotFoundError, NotADirectoryError):
            continue
        return Response(content, media_type=media_type, headers={"Cache-Control": "no-store"})
    raise errors.NotFound("not_made_yet", "This part is not separated yet.", "Ask again later.")
