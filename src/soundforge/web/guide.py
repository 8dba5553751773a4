"""The OpenAPI document as a person reads it: routes, fields and an example for each."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from soundforge.web.openapi import operations

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXAMPLES: Final[Mapping[str, object]] = {
    "url": "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",
    "stage": "separate",
}
_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body.

    Args:
        name: As it is sent.
        place: ``path``, ``query``, ``header`` or ``body``.
        type: Its type in words; a shape's name where it has one.
        note: What it means, and its bounds.
    """

    name: str
    place: str
    type: str
    is_required: bool
    note: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that a route answers with."""

    status: str
    note: str
    shape: str


@dataclass(frozen=True, slots=True)
class Route:
    """One address with one method."""

    id: str
    method: str
    path: str
    summary: str
    note: str
    fields: tuple[Field, ...]
    answers: tuple[Answer, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A named object that routes take or give."""

    name: str
    note: str
    fields: tuple[Field, ...]


def routes(schema: dict[str, Any], base_url: str) -> list[tuple[str, list[Route]]]:
    """Return the routes of the document by their tag, in the document's order.

    Args:
        schema: The OpenAPI document.
        base_url: Where this server is, for the examples, without a slash at the end.
    """
    found = [
        (operation.get("tags", ["other"])[0], _route(schema, path, method, operation, base_url))
        for path, method, operation in operations(schema)
    ]
    tags = list(dict.fromkeys(tag for tag, _ in found))
    found.sort(key=lambda one: tags.index(one[0]))
    return [
        (tag, [route for _, route in of_tag])
        for tag, of_tag in groupby(found, key=lambda one: one[0])
    ]


def shapes(schema: dict[str, Any]) -> list[Shape]:
    """Return every named object of the document, by name."""
    return [
        Shape(name, shape.get("description", ""), _fields(schema, shape, "body"))
        for name, shape in sorted(schema["components"]["schemas"].items())
        if "properties" in shape
    ]


def _route(
    schema: dict[str, Any], path: str, method: str, operation: dict[str, Any], base_url: str
) -> Route:
    summary, _, rest = operation.get("description", operation["summary"]).partition("\n")
    parameters = tuple(_parameter(one) for one in operation.get("parameters", ()))
    kind, body = _body(schema, operation)
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=summary,
        note=" ".join(rest.split()),
        fields=(*parameters, *body),
        answers=tuple(
            Answer(status, answer["description"], _shape_of_answer(answer))
            for status, answer in operation["responses"].items()
        ),
        example=_example(base_url + path, method.upper(), kind, body),
    )


def _parameter(parameter: dict[str, Any]) -> Field:
    schema = parameter["schema"]
    return Field(
        parameter["name"],
        parameter["in"],
        _type(schema),
        parameter.get("required", False),
        _note(schema, parameter.get("description", "")),
    )


def _body(schema: dict[str, Any], operation: dict[str, Any]) -> tuple[str, tuple[Field, ...]]:
    content = operation.get("requestBody", {}).get("content", {})
    for kind, described in content.items():
        return kind, _fields(schema, described["schema"], "body")
    return "", ()


def _fields(schema: dict[str, Any], shape: dict[str, Any], place: str) -> tuple[Field, ...]:
    if "$ref" in shape:
        shape = schema["components"]["schemas"][_name(shape)]
    required = shape.get("required", ())
    return tuple(
        Field(name, place, _type(field), name in required, _note(field, ""))
        for name, field in shape.get("properties", {}).items()
    )


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _note(schema: dict[str, Any], said: str) -> str:
    inner = {key: value for one in schema.get("anyOf", ()) for key, value in one.items()} | schema
    bounds = [text.format(inner[name]) for name, text in _BOUNDS.items() if name in inner]
    if inner.get("default") not in (None, "", []):
        bounds.append(f"default {json.dumps(inner['default'])}")
    said = (said or schema.get("description", "")).strip()
    limits = "; ".join(bounds)
    if not limits:
        return said
    return f"{said} {limits[0].upper()}{limits[1:]}.".strip()


def _shape_of_answer(answer: dict[str, Any]) -> str:
    for kind, described in answer.get("content", {}).items():
        if kind.startswith("application/") and kind.endswith("json"):
            return _type(described.get("schema", {}))
        return str(kind)
    return ""


def _example(url: str, method: str, kind: str, body: Sequence[Field]) -> str:
    url = url.replace("{", "").replace("}", "")
    words = ["curl"] if method == "GET" else ["curl", "-X", method]
    if kind == "multipart/form-data":
        words = ["curl", "-F", "file=@song.flac"]
    elif kind:
        value = {one.name: _EXAMPLES.get(one.name, one.name) for one in body if one.is_required}
        words = ["curl", "-H", f"Content-Type: {kind}", "-d", json.dumps(value)]
    return shlex.join([*words, url])


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
