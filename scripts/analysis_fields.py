"""Every field of an analysis, read from the shapes of its findings, for docs/reference/analysis.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from soundforge.audio import analyzer, findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema: TypeAlias = "Mapping[str, Any]"

# Units are in the names: what a name ends with, the longest first.
_UNITS = {
    "_per_second": "1/s",
    "per_second": "1/s",
    "_lufs": "LUFS",
    "_dbtp": "dBTP",
    "_dbfs": "dBFS",
    "_cents": "cents",
    "_lu": "LU",
    "_hz": "Hz",
    "_db": "dB",
    "bpm": "BPM",
    "_s": "s",
}
_TYPES = {
    "number": "number",
    "integer": "whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "object",
}

TEXT = """\
What `features` of an analysis holds (`GET /api/v1/tracks/{track_id}/analyses`,
`…/analysis.json`, `sfa analyze --json`): one object for each feature that was asked for. Times
are from the start of the recording. **null** is what cannot be known of this recording (silence has no
key, noise no tempo); it never stands for 0. Confidences are 0 to 1 where nothing else is said.
Analyses that an earlier version made may lack fields that came later.

Choose features by name, or by a type, which is a set of them:
"""

MATRICES_TEXT = """\
The curves and matrices behind the numbers, for programs: `GET /api/v1/analyses/{analysis_id}/features.npz`,
NumPy's format, read by `numpy.load`. A frame stands for every 1/`frame_rate_hz` seconds; which arrays there are
depends on the features that were asked for.
"""


def page(generated: str) -> str:
    """Return the page; ``generated`` says who wrote it."""
    schema = findings.Findings.model_json_schema()
    parts = ["# The fields of an analysis", "", generated, "", *TEXT.splitlines(), ""]
    parts += ["| type | features |", "|---|---|"]
    parts += [f"| `{kind}` | {_listed(names)} |" for kind, names in _types().items()]
    for name, field in schema["properties"].items():
        inner, _ = _resolved(field, schema["$defs"])
        parts += ["", f"## `{name}`", "", " ".join(inner["description"].split()), ""]
        parts += ["| field | type | unit | range | what it says |", "|---|---|---|---|---|"]
        parts += [f"| {' | '.join(cells)} |" for cells in rows(inner, schema["$defs"])]
    parts += ["", "## `features.npz`", "", *MATRICES_TEXT.splitlines(), ""]
    parts += ["| array | shape | what it holds |", "|---|---|---|"]
    parts += [
        f"| `{name}` | `{shape}` | {says} |" for name, (shape, says) in findings.MATRICES.items()
    ]
    return "\n".join([*parts, ""])


def rows(
    shape: Schema, defs: Schema, path: str = "", unit: str = ""
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield path, type, unit, range and meaning of every field of ``shape``, and of those in it."""
    for name, field in shape["properties"].items():
        where = f"{path}.{name}" if path else name
        inner, is_null = _resolved(field, defs)
        count = f"{inner['minItems']} " if inner.get("minItems") else ""
        is_list = inner.get("type") == "array"
        if is_list:
            where += "[]"
            inner, _ = _resolved(inner["items"], defs)
        kind = _TYPES[inner["type"]]
        if is_list:
            kind = f"list of {count}{kind}s" if kind in ("number", "object") else f"list of {kind}"
        kind += " or null" if is_null else ""
        own = _unit(name) or unit
        shown = "" if "properties" in inner else own
        says = field.get("description") or (
            inner.get("description") if "properties" in inner else ""
        )
        yield f"`{where}`", kind, shown, _range(inner), " ".join((says or "").split())
        if "properties" in inner:
            yield from rows(inner, defs, where, own)


def _resolved(field: Schema, defs: Schema) -> tuple[Schema, bool]:
    """Return a field's own shape, and whether it may be null."""
    choices = field.get("anyOf", [field])
    is_null = {"type": "null"} in choices
    (chosen,) = (choice for choice in choices if choice != {"type": "null"})
    if "$ref" in chosen:
        chosen = defs[chosen["$ref"].rpartition("/")[2]]
    return chosen, is_null


def _unit(name: str) -> str:
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


def _range(shape: Schema) -> str:
    if "enum" in shape:
        return ", ".join(f"`{one}`" for one in shape["enum"])
    least, most = shape.get("minimum"), shape.get("maximum")
    if least is not None and most is not None:
        return f"{least:g} to {most:g}"
    if "exclusiveMinimum" in shape:
        return f"above {shape['exclusiveMinimum']:g}"
    if least is not None:
        return f"{least:g} or more"
    return f"{most:g} or less" if most is not None else ""


def _types() -> dict[str, tuple[str, ...]]:
    return {analyzer.ALL: analyzer.FEATURES, **analyzer.TYPES}


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
