"""What a separation or a warp made, to take along: all stems in one file, a warp as one song."""

from __future__ import annotations

import shutil
import uuid

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import FileResponse, StreamingResponse

from soundforge import errors
from soundforge.library import Job, Status, jobs, stems
from soundforge.pipeline import float_stems
from soundforge.storage import layout
from soundforge.web.archive import zipped
from soundforge.web.errors import answers
from soundforge.web.files import attachment, disposition, file_answers, safe_name
from soundforge.web.sent_once import FileForm, turn_to_mix
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/jobs", tags=["jobs"])


@ROUTES.get(
    "/{job_id}/warped",
    response_class=FileResponse,
    responses={
        **file_answers("audio/flac", description="The sum of the stems, 24-bit FLAC."),
        **answers(409),
    },
)
async def warped(job_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the song in the tempo and key that a job `warp` gave it; its stems are in the job."""
    async with services.tools.database.transaction() as session:
        job = await jobs.get(session, user, job_id)
        track = job.track
    _check(job, "warp")
    path = services.tools.storage.path(layout.warped_mix(job_id))
    how = f"{job.options['rate']:.0%}, {job.options['semitones']:+g} st"
    name = " - ".join(filter(None, (track.artist, track.title, how)))
    return attachment(path, f"{name}.flac")


@ROUTES.get(
    "/{job_id}/stems.zip",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
            "description": "Every stem.",
        },
        **answers(404, 409, 422, 429, 503),
    },
)
async def archive(
    job_id: uuid.UUID,
    services: S,
    user: User,
    background: BackgroundTasks,
    *,
    format_: FileForm = "flac",
) -> StreamingResponse:
    """Return all stems of a separation or of a warp in one ZIP, named after the track."""
    async with services.tools.database.transaction() as session:
        job = await jobs.get(session, user, job_id)
        track, made = job.track, await stems.of_job(session, job_id)
    _check(job, "separate", "warp")
    title = " - ".join(filter(None, (track.artist, track.title)))
    paths = [(stem.stem_type, services.tools.storage.path(stem.file_path)) for stem in made]
    if not paths or not all(path.is_file() for _, path in paths):
        raise errors.NotFound("file_gone", "The file is no longer on disk.", "Run it again.")
    if format_ == "wav":
        async with turn_to_mix(services):
            folder, written = await float_stems.every(services.tools, job, made)
        background.add_task(shutil.rmtree, folder, ignore_errors=True)
        paths = list(written.items())
    named = [(safe_name(f"{title} - {name}{path.suffix}"), path) for name, path in paths]
    headers = {
        "Content-Disposition": disposition(f"{title} - stems.zip"),
        "Cache-Control": "private, no-cache",
    }
    return StreamingResponse(zipped(named), media_type="application/zip", headers=headers)


def _check(job: Job, *stages: str) -> None:
    if job.stage not in stages:
        raise errors.NotFound("job_not_found", "There is no such job that makes stems.")
    if job.status != Status.COMPLETED:
        raise errors.Conflict(
            "job_state", "This job has not completed.", "Wait for it, or try it again."
        )
