"""Run a request's work once per Idempotency-Key."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

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
Keep: TypeAlias = "Callable[[Session, BaseModel], Awaitable[None]]"
"""Takes the answer, in the transaction that does what it tells of."""

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
    work: Callable[[Keep], Awaitable[object]],
) -> JSONResponse:
    """Return what ``work`` answers, or what it answered when ``key`` was used before.

    ``work`` gives its answer to `Keep` in the transaction that does what the answer tells of.
    """
    if key is not None and (first := await _claim(services, user, key, fingerprint)):
        return first
    said: list[dict[str, Any]] = []

    async def keep(session: Session, body: BaseModel) -> None:
        said.append(body.model_dump(mode="json"))
        if key is not None:
            answer = Answer(status, said[-1])
            await idempotency.keep(session, user, key, fingerprint, answer)

    try:
        await work(keep)
    except BaseException as error:
        if key is not None:
            await _release(services, user, key)
            if isinstance(error, idempotency.AlreadyAnsweredError) and (
                first := await _claim(services, user, key, fingerprint)
            ):
                return first
        raise
    return JSONResponse(said[-1], status)


async def _claim(
    services: Services, user: uuid.UUID, key: str, fingerprint: str
) -> JSONResponse | None:
    """Return the first answer to a request with ``key``; None when this is the first one."""
    async with services.tools.database.transaction() as session:
        first = await idempotency.claim(session, user, key, fingerprint)
    if first is None:
        return None
    return JSONResponse(first.body, first.status_code, headers={"Idempotency-Replayed": "true"})


async def _release(services: Services, user: uuid.UUID, key: str) -> None:
    """Free the key of a request that failed.

    A database that is away changes nothing: the next start, or some minutes, free it too.
    """

    async def write(session: Session) -> None:
        await idempotency.release(session, user, key)

    try:
        await patience.transact(services.tools.database, write, patience_s=_PATIENCE_S)
    except errors.Unavailable as error:
        logger.warning("idempotency key not settled", extra={"code": error.code})


def fingerprint_of(request: Request, *parts: object) -> str:
    """Return what makes a request the same as another: method, path and ``parts``."""
    text = "\n".join([request.method, request.url.path, *map(str, parts)])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
