"""Uploads: a file goes in, as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from soundforge import errors
from soundforge.audio.separator import SampleRate
from soundforge.pipeline import ingest, plans
from soundforge.pipeline.plans import Separation
from soundforge.web.api.tracks import TrackBody, read
from soundforge.web.errors import answers
from soundforge.web.idempotency import IdempotencyKey, Keep, fingerprint_of, once
from soundforge.web.multipart import FilePart
from soundforge.web.services import S, User
from soundforge.web.turns import turn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.db.session import Session
    from soundforge.library import Track

ROUTES = APIRouter(prefix="/uploads", tags=["uploads"])

_FORM_BYTES: Final = 200_000
"""What the form around a file may add to the body."""
_PATIENCE_S: Final = 300.0
"""A file that has arrived is worth a longer wait than a mix, which can be asked for again."""
_SAMPLE_RATES: Final[tuple[SampleRate, ...]] = get_args(SampleRate)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "stages": {
                            "type": "string",
                            "description": "Comma-separated. Empty: all.",
                        },
                        "model": {
                            "type": "string",
                            "description": "Separation model, or instant, balanced, best.",
                        },
                        "stems": {
                            "type": "string",
                            "description": "Make only these, comma-separated. Empty: all.",
                        },
                        "sample_rate": {
                            "type": "string",
                            "enum": list(_SAMPLE_RATES),
                            "default": "model",
                            "description": "Of the stems' files; `source`: the recording's own.",
                        },
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


@ROUTES.post(
    "",
    status_code=201,
    response_model=TrackBody,
    responses=answers(409, 413, 415, 422, 429, 503, 507),
    openapi_extra=_BODY,
)
async def create(
    request: Request, services: S, user: User, idempotency_key: IdempotencyKey = None
) -> JSONResponse:
    """Keep one audio file as a track, and start its way."""
    _check_length(request, services.tools.upload_bytes)
    part = FilePart(request, field="file")
    await part.open()
    _options(part.fields)  # refuse what is known to be wrong before the file arrives
    async with ingest.received(services.tools, part.chunks()) as file:
        stages, separation = _options(part.fields)
        file_name = part.file_name or ""

        async def work(keep: Keep) -> None:
            async def answer(session: Session, track: Track) -> None:
                await keep(session, await read(session, user, track.id))

            async with turn(services.uploads, patience_s=_PATIENCE_S, busy=_busy()):
                await ingest.upload(
                    services.tools,
                    user,
                    file.path,
                    file_name=file_name,
                    stages=stages,
                    separation=separation,
                    also=answer,
                )

        fingerprint = fingerprint_of(request, file_name, file.sha256, stages, separation)
        return await once(services, user, idempotency_key, fingerprint, status=201, work=work)


def _busy() -> errors.Limited:
    return errors.Limited(
        "too_many_uploads",
        "Many other files are being checked right now.",
        "Send the file again in a few minutes.",
        retry_after_s=60,
    )


def _check_length(request: Request, upload_bytes: int) -> None:
    """Refuse a body that says it is too large before any of it is read."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > upload_bytes + _FORM_BYTES:
        raise errors.Invalid(
            "file_too_large",
            f"The file is larger than {upload_bytes / 1e6:.0f} MB.",
            "Send a smaller file, or raise SFA_LIMITS__UPLOAD_BYTES.",
        )


def _options(fields: Mapping[str, str]) -> tuple[tuple[str, ...], Separation]:
    stages = _words(fields.get("stages", ""))
    model = fields.get("model") or None
    if model and ("\x00" in model or len(model) > 64):
        raise errors.Invalid(
            "model_unknown", "There is no such model.", "GET /api/v1/models lists them."
        )
    asked = fields.get("sample_rate") or "model"
    rate = next((one for one in _SAMPLE_RATES if one == asked), None)
    if rate is None:
        raise errors.Invalid(
            "sample_rate_unknown",
            "There is no such choice of a sample rate.",
            f"Send {' or '.join(_SAMPLE_RATES)}.",
        )
    separation = Separation(model, _words(fields.get("stems", "")), rate)
    return (plans.check(stages) if stages else ()), separation


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
