"""Imports: a link goes in, tracks come out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from soundforge.library import Track, tracks
from soundforge.library.lifecycle import Stage
from soundforge.pipeline import links, outlook
from soundforge.pipeline.links import Imported
from soundforge.web.api.separation import SeparationIn
from soundforge.web.api.text import Text
from soundforge.web.api.tracks import TrackOut, track_out
from soundforge.web.errors import answers
from soundforge.web.idempotency import IdempotencyKey, Keep, fingerprint_of, once
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from soundforge.db.session import Session

ROUTES = APIRouter(prefix="/imports", tags=["imports"])


class ImportIn(SeparationIn):
    """A link, and how far its tracks should go."""

    url: Annotated[Text, Field(min_length=1, max_length=4096, description="A Spotify link.")]
    stages: Annotated[
        list[Stage], Field(default_factory=list, max_length=3, description="Empty: all.")
    ]


class SkippedOut(BaseModel):
    """An entry that cannot become a track."""

    reason: str
    title: str | None


class ImportOut(BaseModel):
    """What became of the link."""

    kind: str = Field(description="`track`, `album` or `playlist`.")
    title: str
    total: int = Field(description="How many entries the service counts.")
    added: list[TrackOut]
    existing: list[TrackOut] = Field(description="Were in the library already; nothing started.")
    skipped: list[SkippedOut]
    batch_id: uuid.UUID | None = Field(
        description="Follows an album or a playlist as a whole; null for one track, or none new."
    )


class ImportBody(BaseModel):
    """One import."""

    data: ImportOut


@ROUTES.post(
    "",
    status_code=201,
    response_model=ImportBody,
    responses=answers(403, 404, 409, 422, 429, 503),
)
async def create(
    wanted: ImportIn,
    request: Request,
    services: S,
    user: User,
    idempotency_key: IdempotencyKey = None,
) -> JSONResponse:
    """Add everything that the link leads to, and start its way."""

    async def work(keep: Keep) -> None:
        async def answer(session: Session, imported: Imported) -> None:
            await keep(session, ImportBody(data=await _out(session, user, imported)))

        await links.link(
            services.tools,
            user,
            wanted.url,
            stages=wanted.stages,
            separation=wanted.separation,
            also=answer,
        )

    fingerprint = fingerprint_of(request, wanted.model_dump_json())
    return await once(services, user, idempotency_key, fingerprint, status=201, work=work)


async def _out(session: Session, user: uuid.UUID, imported: Imported) -> ImportOut:
    ids = [track.id for track in (*imported.added, *imported.existing)]
    whole = {track.id: track for track in await tracks.get_many(session, user, ids)}
    looks = await outlook.look(session, list(whole.values()))

    def out(found: tuple[Track, ...]) -> list[TrackOut]:
        return [track_out(whole[track.id], looks) for track in found if track.id in whole]

    return ImportOut(
        kind=imported.kind,
        title=imported.title,
        total=imported.total,
        added=out(imported.added),
        existing=out(imported.existing),
        skipped=[SkippedOut(reason=s.reason, title=s.title) for s in imported.skipped],
        batch_id=imported.batch_id,
    )
