"""Stems: their files, whole and in pieces for the player."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, BackgroundTasks, Path
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.library import Stem, stems
from soundforge.pipeline import float_stems
from soundforge.storage import layout
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers, immutable
from soundforge.web.sent_once import FileForm, sent_once, turn_to_mix
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from typing import Self

ROUTES = APIRouter(prefix="/stems", tags=["stems"])


class StemOut(BaseModel):
    """One part of a separated recording."""

    id: uuid.UUID
    job_id: uuid.UUID
    track_id: uuid.UUID
    stem_type: str = Field(description="vocals, drums, bass, other, accompaniment …")
    file_size: int = Field(description="Bytes.")
    sample_rate_hz: int
    duration_s: float
    file_url: str

    @classmethod
    def of(cls, stem: Stem) -> Self:
        """Return ``stem`` as it goes out."""
        return cls(
            id=stem.id,
            job_id=stem.job_id,
            track_id=stem.track_id,
            stem_type=stem.stem_type,
            file_size=stem.file_size,
            sample_rate_hz=stem.sample_rate_hz,
            duration_s=stem.duration_s,
            file_url=f"/api/v1/stems/{stem.id}/file",
        )


@ROUTES.get(
    "/{stem_id}/file",
    response_class=FileResponse,
    responses={
        **file_answers("audio/flac", "audio/wav", description="The whole stem."),
        **answers(409, 429, 503),
    },
)
async def file(
    stem_id: uuid.UUID,
    services: S,
    user: User,
    background: BackgroundTasks,
    *,
    format_: FileForm = "flac",
) -> FileResponse:
    """Return the stem's file, named after the track; ranges are understood.

    A float WAV is made first. It is as loud as the separation made it: the gain that keeps the
    FLAC files of all stems from clipping is undone.
    """
    if format_ == "wav":
        async with turn_to_mix(services):
            made = await float_stems.one(services.tools, user, stem_id)
        return sent_once(made, background)
    async with services.tools.database.transaction() as session:
        stem, track = await stems.get(session, user, stem_id)
    path = services.tools.storage.path(stem.file_path)
    name = " - ".join(filter(None, (track.artist, track.title, stem.stem_type)))
    return attachment(path, f"{name}{path.suffix}")


@ROUTES.get(
    "/{stem_id}/peaks",
    response_class=FileResponse,
    responses=file_answers(
        "application/octet-stream",
        description="One byte per 1/100 s: the largest absolute sample, 255 is full scale.",
    ),
)
async def peaks(stem_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the stem's wave as a picture's worth of bytes."""
    async with services.tools.database.transaction() as session:
        stem, _ = await stems.get(session, user, stem_id)
    path = services.tools.storage.path(layout.stem_peaks(stem.job_id, stem.stem_type))
    return immutable(path, "application/octet-stream")


@ROUTES.get(
    "/{stem_id}/chunks/{number}",
    response_class=FileResponse,
    responses=file_answers(
        "audio/flac", description="As long as `chunk_s` of its job says, or what is left."
    ),
)
async def chunk(
    stem_id: uuid.UUID, number: Annotated[int, Path(ge=0, le=99_999)], services: S, user: User
) -> FileResponse:
    """Return the stem's n-th chunk; all stems of a job are cut at the same samples."""
    async with services.tools.database.transaction() as session:
        stem, _ = await stems.get(session, user, stem_id)
    path = services.tools.storage.path(layout.stem_chunk(stem.job_id, stem.stem_type, number))
    if not path.is_file():
        raise errors.NotFound("chunk_not_found", "The stem has ended before this chunk.")
    return immutable(path, "audio/flac")
