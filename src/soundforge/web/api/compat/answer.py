"""What the compatibility routes share: the original's shape of bodies and failures."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request

from soundforge import errors
from soundforge.library import Job, jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response

    from soundforge.web.services import Services


class Json(JSONResponse):
    """JSON in ASCII: text that a client or a service sent may hold what UTF-8 cannot."""

    def render(self, content: Any) -> bytes:
        """Return ``content`` as bytes."""
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def success(body: dict[str, Any], *, status: int = 200) -> JSONResponse:
    """Return a flat body with ``success: true``."""
    return Json({"success": True, **body}, status)


def refusal(status: int, sentence: str, code: str, next_step: str = "") -> JSONResponse:
    """Return the original's failure, with our code beside it."""
    return Json({"error": sentence, "code": code, "next_step": next_step}, status)


class CompatRoute(APIRoute):
    """A route whose failures are the original's: 400 for nearly everything."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler so that our failures leave in the original's shape."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except errors.SoundForgeError as error:
                return refusal(_status(error), error.message, error.code, error.next_step)

        return answer


def _status(error: errors.SoundForgeError) -> int:
    match error:
        case errors.NotFound(code="job_not_found"):
            return 404
        case errors.Unavailable(code="database_unavailable"):
            return 503
        case _:
            return 400


async def body_of(request: Request) -> dict[str, Any]:
    """Return the request's JSON object; anything else counts as an empty one."""
    try:
        body = await request.json()
    except (ValueError, RecursionError, ClientDisconnect):
        return {}
    return body if isinstance(body, dict) else {}


def text_of(body: dict[str, Any], name: str) -> str | None:
    """Return a field that is text with something in it; None otherwise."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value.strip()


async def job_of(services: Services, user: uuid.UUID, job_id: str, stage: str) -> Job:
    """Return the user's job of one stage.

    Raises:
        errors.NotFound: There is none, or the id is malformed (``job_not_found``).
    """
    missing = errors.NotFound("job_not_found", "Job not found")
    try:
        wanted = uuid.UUID(job_id)
    except ValueError:
        raise missing from None
    async with services.tools.database.transaction() as session:
        try:
            job = await jobs.get(session, user, wanted)
        except errors.NotFound:
            raise missing from None
    if job.stage != stage:
        raise missing
    return job
