"""Versions of a track: what a warp made of its stems, as one file."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from fastapi.responses import FileResponse

from soundforge import errors
from soundforge.library import Status, jobs
from soundforge.storage import layout
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers
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
    if job.stage != "warp":
        raise errors.NotFound("job_not_found", "There is no such warp.")
    if job.status != Status.COMPLETED:
        raise errors.Conflict(
            "job_state", "The warp has not completed.", "Wait for it, or try it again."
        )
    path = services.tools.storage.path(layout.warped_mix(job_id))
    how = f"{job.options['rate']:.0%}, {job.options['semitones']:+g} st"
    name = " - ".join(filter(None, (track.artist, track.title, how)))
    return attachment(path, f"{name}.flac")
