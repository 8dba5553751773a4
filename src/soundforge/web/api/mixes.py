"""Mixes without some of the stems: made on request, sent, and gone."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query
from fastapi.responses import FileResponse

from soundforge.pipeline import minus
from soundforge.web.errors import answers
from soundforge.web.files import file_answers
from soundforge.web.sent_once import FileForm, sent_once, turn_to_mix
from soundforge.web.services import S, User

ROUTES = APIRouter(prefix="/jobs", tags=["jobs"])


@ROUTES.get(
    "/{job_id}/mix",
    response_class=FileResponse,
    responses={
        **file_answers("audio/flac", "audio/wav", description="The whole mix."),
        **answers(404, 409, 422, 429, 503),
    },
)
async def mix(
    job_id: uuid.UUID,
    services: S,
    user: User,
    background: BackgroundTasks,
    *,
    without: Annotated[
        list[Annotated[str, Query(pattern="^[a-z][a-z0-9_]{0,39}$")]],
        Query(min_length=1, max_length=16, description="Stems to take away; all: the residual."),
    ],
    format_: FileForm = "flac",
) -> FileResponse:
    """Return the recording without some of the stems of a separation.

    It is made first: a few seconds for a song, at most a minute and half of its length.
    """
    async with turn_to_mix(services):
        made = await minus.make(services.tools, user, job_id, without=without, form=format_)
    return sent_once(made, background)
