"""Tracks: list, show, their stems and analyses, delete and restore."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.library import Track, tracks
from soundforge.library.analyses import newest
from soundforge.library.states import Filter
from soundforge.pipeline import actions, outlook
from soundforge.web import cursor as cursors
from soundforge.web.api.analyses import AnalysisOut
from soundforge.web.api.jobs import JobOut, job_out
from soundforge.web.api.stems import StemOut
from soundforge.web.api.text import Text
from soundforge.web.errors import answers
from soundforge.web.files import AUDIO, attachment, file_answers, replaceable
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.db.session import Session
    from soundforge.pipeline.outlook import Outlook

ROUTES = APIRouter(prefix="/tracks", tags=["tracks"])

_IMAGE_TYPES = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".gif": "image/gif",
}


class TrackOut(BaseModel):
    """One entry of the library."""

    id: uuid.UUID
    title: str
    artist: str | None
    album: str | None
    album_art_url: str | None
    duration_s: float | None
    source: str = Field(description="`spotify` or `upload`.")
    spotify_id: str | None
    spotify_url: str | None
    isrc: str | None
    recording_format: str | None = Field(description="Null while there is no recording.")
    sample_rate_hz: int | None
    channels: int | None
    jobs: list[JobOut]
    stems: list[StemOut] = Field(description="Of the newest separation that completed.")
    analysis: AnalysisOut | None = Field(
        description="Of each feature the newest that was found; id and time of the newest analysis."
    )
    inserted_at: datetime
    updated_at: datetime


class TrackBody(BaseModel):
    """One track."""

    data: TrackOut


class TracksBody(BaseModel):
    """A page of tracks, newest first."""

    data: list[TrackOut]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page.")


class StemsBody(BaseModel):
    """The stems of a track."""

    data: list[StemOut]


class AnalysesBody(BaseModel):
    """The analyses of a track, oldest first."""

    data: list[AnalysisOut]


def track_out(track: Track, looks: Mapping[uuid.UUID, Outlook]) -> TrackOut:
    """Return ``track`` as it goes out."""
    found = newest(track)
    return TrackOut(
        id=track.id,
        title=track.title,
        artist=track.artist,
        album=track.album,
        album_art_url=_art_url(track),
        duration_s=track.duration_ms / 1000 if track.duration_ms is not None else None,
        source=track.source,
        spotify_id=track.spotify_id,
        spotify_url=track.spotify_url,
        isrc=track.isrc,
        recording_format=track.recording_format,
        sample_rate_hz=track.sample_rate_hz,
        channels=track.channels,
        jobs=[job_out(job, looks.get(job.id), track.stems) for job in track.jobs],
        stems=[StemOut.of(stem) for stem in tracks.newest_stems(track)],
        analysis=AnalysisOut.of(found) if found is not None else None,
        inserted_at=track.inserted_at,
        updated_at=track.updated_at,
    )


def _art_url(track: Track) -> str | None:
    return f"/api/v1/tracks/{track.id}/cover" if track.cover_path else track.album_art_url


@ROUTES.get("", responses=answers(422))
async def index(
    services: S,
    user: User,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text | None, Query(max_length=200)] = None,
    search: Annotated[Text, Query(max_length=200)] = "",
    state: Filter = "all",
) -> TracksBody:
    """Return a page of tracks, newest first."""
    after = cursors.decode(cursor)
    async with services.tools.database.transaction() as session:
        page = await tracks.page(
            session, user, limit=limit, after=after, search=search, state=state
        )
        looks = await outlook.look(session, page.tracks)
        return TracksBody(
            data=[track_out(track, looks) for track in page.tracks],
            next_cursor=cursors.encode(page.next_after),
        )


@ROUTES.get("/{track_id}", responses=answers(404, 422))
async def show(track_id: uuid.UUID, services: S, user: User) -> TrackBody:
    """Return one track."""
    return await body(services, user, track_id)


async def body(services: S, user: uuid.UUID, track_id: uuid.UUID) -> TrackBody:
    """Return the body that shows one track."""
    async with services.tools.database.transaction() as session:
        return await read(session, user, track_id)


async def read(session: Session, user: uuid.UUID, track_id: uuid.UUID) -> TrackBody:
    """Return the body that shows one track, as the transaction sees it."""
    track = await tracks.get(session, user, track_id)
    return TrackBody(data=track_out(track, await outlook.look(session, [track])))


@ROUTES.delete("/{track_id}", status_code=204, responses=answers(404, 422))
async def delete(track_id: uuid.UUID, services: S, user: User) -> Response:
    """Move a track to the bin and end its work."""
    await actions.delete(services.tools, user, track_id)
    return Response(status_code=204)


@ROUTES.post("/{track_id}/restore", responses=answers(404, 409, 422))
async def restore(track_id: uuid.UUID, services: S, user: User) -> TrackBody:
    """Bring a deleted track back."""
    await actions.restore(services.tools, user, track_id)
    return await body(services, user, track_id)


@ROUTES.get("/{track_id}/stems", responses=answers(404, 422))
async def stems(track_id: uuid.UUID, services: S, user: User) -> StemsBody:
    """Return the stems of the newest separation that completed."""
    async with services.tools.database.transaction() as session:
        track = await tracks.get(session, user, track_id)
        return StemsBody(data=[StemOut.of(stem) for stem in tracks.newest_stems(track)])


@ROUTES.get("/{track_id}/analyses", responses=answers(404, 422))
async def analyses(track_id: uuid.UUID, services: S, user: User) -> AnalysesBody:
    """Return every analysis of the track, oldest first."""
    async with services.tools.database.transaction() as session:
        track = await tracks.get(session, user, track_id)
        return AnalysesBody(data=[AnalysisOut.of(result) for result in track.analyses])


@ROUTES.get(
    "/{track_id}/recording",
    response_class=FileResponse,
    responses=file_answers(*AUDIO, description="The file as it was sent or fetched."),
)
async def recording(track_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the mix as it came."""
    track = await _track(services, user, track_id)
    if track.recording_path is None:
        raise errors.NotFound("no_recording", "This track has no recording yet.")
    path = services.tools.storage.path(track.recording_path)
    name = " - ".join(filter(None, (track.artist, track.title)))
    return attachment(path, f"{name}{path.suffix}")


@ROUTES.get(
    "/{track_id}/cover",
    response_class=FileResponse,
    responses=file_answers(*_IMAGE_TYPES.values(), description="The picture."),
)
async def cover(track_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the cover that came with the file."""
    track = await _track(services, user, track_id)
    if track.cover_path is None:
        raise errors.NotFound("no_cover", "This track has no cover of its own.")
    path = services.tools.storage.path(track.cover_path)
    return replaceable(path, _IMAGE_TYPES.get(path.suffix, "application/octet-stream"))


@ROUTES.get(
    "/{track_id}/peaks",
    response_class=FileResponse,
    responses=file_answers(
        "application/octet-stream",
        description="One byte per 1/100 s: the largest absolute sample, 255 is full scale.",
    ),
)
async def peaks(track_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the wave of the mix, one byte per 1/100 s."""
    track = await _track(services, user, track_id)
    if track.peaks_path is None:
        raise errors.NotFound("no_recording", "This track has no recording yet.")
    return replaceable(services.tools.storage.path(track.peaks_path), "application/octet-stream")


async def _track(services: S, user: uuid.UUID, track_id: uuid.UUID) -> Track:
    async with services.tools.database.transaction() as session:
        return await tracks.get(session, user, track_id)
