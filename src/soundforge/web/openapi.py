"""The OpenAPI document: what FastAPI knows of the routes, and what the gate adds to every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.openapi.utils import get_openapi

from soundforge.web import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from fastapi.routing import APIRoute

DESCRIPTION: Final = """\
A link or a file goes in; stems and analysis come out.

A success is an envelope, `{"data": …}`; a page of tracks also has `next_cursor`. A failure is a
problem as RFC 9457 describes it, with a stable `code`, a sentence and the next step.
"""
_WRITES: Final = ("post", "put", "patch", "delete")
_SHARED: Final[dict[str, str]] = {
    "421": "The Host header names another server.",
    "500": "A bug of ours; the log has its request id.",
    "503": "The database does not answer just now; try again after Retry-After.",
}


def operation_id(route: APIRoute) -> str:
    """Return a name for generated clients: ``tracks_show``."""
    return f"{route.tags[0] if route.tags else 'root'}_{route.name}"


def document(app: FastAPI) -> dict[str, Any]:
    """Return the document; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation of every route in ``schema``."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _document(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
    )
    shapes = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = errors.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes.update(problem.pop("$defs", {}))
    shapes["Problem"] = problem
    for unused in ("HTTPValidationError", "ValidationError"):
        shapes.pop(unused, None)
    for path, method, operation in operations(schema):
        _add_shared(operation, path, method)
    return schema


def _add_shared(operation: dict[str, Any], path: str, method: str) -> None:
    shared = dict(_SHARED)
    if path.startswith("/health"):
        del shared["503"]  # it has its own
    if method in _WRITES:
        shared["403"] = "A page of another site sent this."
        shared["413"] = "The body is too large."
    answers = operation["responses"]
    for status, sentence in shared.items():
        known = answers.get(status)
        answers[status] = known or {"description": sentence, **errors.content()}
    operation["responses"] = dict(sorted(answers.items()))
