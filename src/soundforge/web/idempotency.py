"""Run a request's work once per Idempotency-Key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Header, Request
from fastapi.responses import JSONResponse

from soundforge.library import idempotency
from soundforge.library.idempotency import Answer

if TYPE_CHECKING:
    import uuid
    from collections.abc import Awaitable, Callable

    from pydantic import BaseModel

    from soundforge.web.services import Services

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
    database = services.tools.database
    async with database.transaction() as session:
        first = await idempotency.claim(session, user, key, fingerprint)
    if first is not None:
        return JSONResponse(first.body, first.status_code, headers={"Idempotency-Replayed": "true"})
    try:
        body: dict[str, Any] = (await work()).model_dump(mode="json")
    except BaseException:
        async with database.transaction() as session:
            await idempotency.release(session, user, key)
        raise
    async with database.transaction() as session:
        await idempotency.keep(session, user, key, Answer(status, body))
    return JSONResponse(body, status)


def fingerprint_of(request: Request, *parts: object) -> str:
    """Return what makes a request the same as another: method, path and ``parts``."""
    text = "\n".join([request.method, request.url.path, *map(str, parts)])
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
