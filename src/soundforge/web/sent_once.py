"""Files that are made for one answer: a few at once, then sent, then gone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Query

from soundforge import errors
from soundforge.audio.mix_down import Form
from soundforge.web.files import attachment
from soundforge.web.turns import turn

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from fastapi import BackgroundTasks
    from fastapi.responses import FileResponse

    from soundforge.pipeline.temporary import Temporary
    from soundforge.web.services import Services

FileForm = Annotated[Form, Query(alias="format", description="24-bit FLAC, or 32-bit float WAV.")]
"""The form of a file, as a request asks for it."""

_PATIENCE_S: Final = 20.0


def turn_to_mix(services: Services) -> AbstractAsyncContextManager[None]:
    """Return one of the few places in which files are made, to be held while one is.

    Raises:
        errors.Limited: None became free in time (``too_many_mixes``).
    """
    busy = errors.Limited(
        "too_many_mixes",
        "Other mixes are being made right now.",
        "Ask again in a moment.",
        retry_after_s=10,
    )
    return turn(services.mixes, patience_s=_PATIENCE_S, busy=busy)


def sent_once(made: Temporary, background: BackgroundTasks) -> FileResponse:
    """Return the file as an answer; its folder goes when it was sent."""
    background.add_task(shutil.rmtree, made.folder, ignore_errors=True)
    answer = attachment(made.path, f"{made.name}{made.path.suffix}")
    answer.headers["cache-control"] = "no-store"
    return answer
