"""What an event of the browser carries: a form's fields, or what an element or a hook says. Pure."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

_MAX_FORM_FIELDS: Final = 1000


def value_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return an event's value as a dict, or None when it is malformed."""
    value = payload.get("value")
    if payload.get("type") != "form":
        return value if isinstance(value, dict) else {"value": value}
    if not isinstance(value, str):
        return None
    try:
        pairs = parse_qsl(value, keep_blank_values=True, max_num_fields=_MAX_FORM_FIELDS)
    except ValueError:
        return None
    fields: dict[str, Any] = {}
    for name, text in pairs:
        if name.startswith("_unused_"):
            continue
        if name.endswith("[]"):
            fields.setdefault(name[:-2], []).append(text)
        else:
            fields[name] = text
    meta = payload.get("meta")
    if isinstance(meta, dict) and isinstance(meta.get("_target"), str):
        fields["_target"] = meta["_target"]
    return fields
