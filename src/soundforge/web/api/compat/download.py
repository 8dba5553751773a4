"""POST /api/download/track and GET /api/download/job/:id."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from soundforge import errors
from soundforge.library import Job, Track, tracks
from soundforge.pipeline import actions, links
from soundforge.pipeline.start import Plan
from soundforge.web.api.compat.answer import (
    CompatRoute,
    body_of,
    job_of,
    refusal,
    success,
    text_of,
)
from soundforge.web.job_error import error_out
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/api/download", tags=["compatibility"], route_class=CompatRoute)

_LINK: Final = re.compile(
    r"https?://open\.spotify\.com/(?:track|album|playlist)/[A-Za-z0-9]+(?:\?\S*)?"
)


@ROUTES.post("/track", status_code=201)
async def create(request: Request, services: S, user: User) -> JSONResponse:
    """Start the download of a track; nothing follows it by itself.

    An album or a playlist becomes all of its tracks; the answer names the first one's job.
    """
    url = text_of(await body_of(request), "url")
    if url is None:
        return refusal(400, "url parameter is required", "url_required")
    if not _LINK.fullmatch(url):
        return refusal(400, "Invalid Spotify URL format", "spotify_url_invalid")
    imported = await links.link(services.tools, user, url, stages=("download",))
    found = (*imported.added, *imported.existing)
    if not found:
        raise errors.Invalid("nothing_to_download", "Nothing behind this link can be downloaded.")
    track, job = await _job(services, user, found[0])
    return success(
        {"job_id": str(job.id), "status": job.status, "track_id": str(track.id)}, status=201
    )


async def _job(services: S, user: User, found: Track) -> tuple[Track, Job]:
    """Return the track's download: the one that waits, runs or has ended well, or a new one."""
    async with services.tools.database.transaction() as session:
        track = await tracks.get(session, user, found.id)
    downloads = [job for job in track.jobs if job.stage == "download"]
    if downloads and downloads[-1].status not in ("failed", "cancelled"):
        return track, downloads[-1]
    return track, await actions.run_stage(services.tools, user, track.id, Plan("download"))


@ROUTES.get("/job/{job_id}")
async def show(job_id: str, services: S, user: User) -> JSONResponse:
    """Return how far the download is."""
    job = await job_of(services, user, job_id, "download")
    result = {"file_path": job.output_path} if job.output_path else None
    return success(
        {
            "job_id": str(job.id),
            "status": job.status,
            "progress": job.progress,
            "result": result,
            "error": error_out(job),
        }
    )
