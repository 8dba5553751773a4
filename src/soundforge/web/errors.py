"""Failure to status, once: RFC 9457 problems with our stable codes.

The compatibility routes answer failures in the original's shape; see `api.compat`.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from soundforge import errors, logs
from soundforge.web.layout import error_page

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

logger = logging.getLogger(__name__)

PROBLEM: Final = "application/problem+json"

_STATUS_BY_CODE: Final = {
    "file_too_large": 413,
    "body_too_large": 413,
    "disk_full": 507,
    "media_type_unsupported": 415,
}
_CODE_BY_STATUS: Final = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
_STATUS_BY_KIND: Final[tuple[tuple[type[errors.SoundForgeError], int], ...]] = (
    (errors.NotFound, 404),
    (errors.Invalid, 422),
    (errors.Conflict, 409),
    (errors.Denied, 403),
    (errors.Limited, 429),
    (errors.Unavailable, 503),
)


class FieldError(BaseModel):
    """One field that is wrong."""

    field: str = Field(description="Where: `body.url`, `query.limit`.")
    message: str


class Problem(BaseModel):
    """RFC 9457: what went wrong, for programs (`code`) and for people (`detail`)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str = Field(description="Stable; for programs.")
    next_step: str = Field(default="", description="What to do now.")
    request_id: str = Field(default="", description="Look for it in the server's log.")
    errors: list[FieldError] = Field(default_factory=list)


def status_of(error: errors.SoundForgeError) -> int:
    """Return the HTTP status that ``error`` means."""
    if error.code in _STATUS_BY_CODE:
        return _STATUS_BY_CODE[error.code]
    return next(status for kind, status in _STATUS_BY_KIND if isinstance(error, kind))


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's ``responses`` for the problems that a route may answer."""
    return {status: {"description": HTTPStatus(status).phrase, **content()} for status in statuses}


def content() -> dict[str, Any]:
    """Return the ``content`` of a problem, as OpenAPI says it."""
    return {"content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def problem(
    status: int,
    code: str,
    detail: str,
    next_step: str = "",
    *,
    fields: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return a problem as a response."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        next_step=next_step,
        request_id=logs.bound().get("request_id", ""),
        errors=fields or [],
    )
    return JSONResponse(body.model_dump(), status, media_type=PROBLEM, headers=headers)


def of_error(error: errors.SoundForgeError) -> JSONResponse:
    """Return the problem that ``error`` means, with Retry-After where it says when."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    return problem(status_of(error), error.code, error.message, error.next_step, headers=headers)


def install(app: FastAPI) -> None:
    """Let ``app`` answer every failure with a problem."""
    app.add_exception_handler(errors.SoundForgeError, _expected)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


async def _expected(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.SoundForgeError)
    return _for_reader(request, of_error(error))


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return _not_json()
    fields = [FieldError(field=".".join(map(str, one["loc"])), message=one["msg"]) for one in found]
    return problem(
        422,
        "validation_failed",
        "Some of what was sent is not valid.",
        "Correct the fields named in `errors`.",
        fields=fields,
    )


def _not_json() -> JSONResponse:
    return problem(422, "json_invalid", "The body is not JSON.", "Send one JSON object in UTF-8.")


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        # The framework's word for a body that broke its parser: bad UTF-8, nested too deep.
        return _not_json()
    code = _CODE_BY_STATUS.get(error.status_code, "refused")
    phrase = HTTPStatus(error.status_code).phrase
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request)) or headers.get("Allow", "")
    return _for_reader(request, problem(error.status_code, code, f"{phrase}.", headers=headers))


def _methods_at(request: Request) -> list[str]:
    """Return every method that the address has; the framework names those of one route only."""
    path = request.scope["path"]
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        if route.path and compile_path(route.path)[0].match(path):
            found |= set(route.methods or ())
    return sorted(found | ({"HEAD"} if "GET" in found else set()))


async def _bug(request: Request, error: Exception) -> Response:
    logger.error("request failed", exc_info=error, extra={"path": request.url.path})
    answer = problem(
        500,
        "internal_error",
        "Something went wrong that we did not foresee.",
        "Try again; if it fails again, report it with the request id.",
    )
    return _for_reader(request, answer)


def _for_reader(request: Request, answer: JSONResponse) -> Response:
    """Return the problem as a page where a browser asked for one."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if request.url.path.startswith("/api/") or not wants_page:
        return answer
    said = Problem.model_validate_json(bytes(answer.body))
    page = error_page(
        answer.status_code,
        code=said.code,
        message=said.detail,
        next_step=said.next_step,
        request_id=said.request_id,
    )
    retry_after = answer.headers.get("retry-after")
    return HTMLResponse(
        page, answer.status_code, {"Retry-After": retry_after} if retry_after else None
    )
