"""Run a request's work once per Idempotency-Key."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Header, Request
from fastapi.responses import JSONResponse

from soundforge import errors
from soundforge.library import idempotency
from soundforge.library.idempotency import Answer
from soundforge.pipeline import patience

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from soundforge.db.session import Session
    from soundforge.web.services import Services

logger = logging.getLogger(__name__)

_PATIENCE_S: Final = 10.0
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Sent again with the same key, the request is answered as the first time.",
    ),
]


async def once(
    services: Services,
    user: uuid.UUID,
    key: str | None,
    fingerprint: str,
    *,
    status: int,
    work: Callable[[], Awaitable[BaseModel]],
) -> JSONResponse:
    """Return what ``work`` answers, or what it answered when ``key`` was used before."""
    if key is None:
        return JSONResponse((await work()).model_dump(mode="json"), status)
    async with services.tools.database.transaction() as session:
        first = await idempotency.claim(session, user, key, fingerprint)
    if first is not None:
        return JSONResponse(first.body, first.status_code, headers={"Idempotency-Replayed": "true"})
    try:
        body: dict[str, Any] = (await work()).model_dump(mode="json")
    except BaseException:
        await _note(services, lambda session: idempotency.release(session, user, key))
        raise
    answer = Answer(status, body)
    await _note(services, lambda session: idempotency.keep(session, user, key, answer))
    return JSONResponse(body, status)


async def _note(services: Services, write: Callable[[Session], Awaitable[None]]) -> None:
    """Write what became of a request.

    The work has ended, whatever happens here: a database that is away changes no answer.
    """
    try:
        await patience.transact(services.tools.database, write, patience_s=_PATIENCE_S)
    except errors.Unavailable as error:
        logger.warning("idempotency key not settled", extra={"code": error.code})


def fingerprint_of(request: Request, *parts: object) -> str:
    """Return what makes a request the same as another: method, path and ``parts``."""
    text = "\n".join([request.method, request.url.path, *map(str, parts)])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
