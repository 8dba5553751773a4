"""Mixes without some of the stems: made on request, sent, and gone."""

from __future__ import annotations

import shutil
import uuid
from typing import Annotated, Final

from fastapi import APIRouter, BackgroundTasks, Query
from fastapi.responses import FileResponse

from soundforge import errors
from soundforge.audio.mix_down import Form
from soundforge.pipeline import minus
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers
from soundforge.web.services import S, User
from soundforge.web.turns import turn

ROUTES = APIRouter(prefix="/jobs", tags=["jobs"])

_PATIENCE_S: Final = 20.0


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
    format_: Annotated[
        Form, Query(alias="format", description="24-bit FLAC, or float WAV.")
    ] = "flac",
) -> FileResponse:
    """Return the recording without some of the stems of a separation.

    It is made first: a few seconds for a song, at most a minute and half of its length.
    """
    busy = errors.Limited(
        "too_many_mixes",
        "Other mixes are being made right now.",
        "Ask again in a moment.",
        retry_after_s=10,
    )
    async with turn(services.mixes, patience_s=_PATIENCE_S, busy=busy):
        made = await minus.make(services.tools, user, job_id, without=without, form=format_)
    background.add_task(shutil.rmtree, made.folder, ignore_errors=True)
    answer = attachment(made.path, f"{made.name}{made.path.suffix}")
    answer.headers["cache-control"] = "no-store"
    return answer
