"""Opaque cursors: where a page of tracks ended."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from datetime import datetime

from soundforge import errors


def encode(place: tuple[datetime, uuid.UUID] | None) -> str | None:
    """Return ``place`` as text for a client; None at the end of the list."""
    if place is None:
        return None
    text = json.dumps([place[0].isoformat(), place[1].hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[datetime, uuid.UUID] | None:
    """Return the place that ``cursor`` names; None for the start.

    Raises:
        errors.Invalid: We did not make this cursor (``cursor_invalid``).
    """
    if not cursor:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        inserted_at, track_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        place = datetime.fromisoformat(inserted_at), uuid.UUID(hex=track_id)
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise _invalid() from error
    if place[0].tzinfo is None or encode(place) != cursor:
        raise _invalid()
    return place


def _invalid() -> errors.Invalid:
    return errors.Invalid(
        "cursor_invalid", "This cursor is not one of ours.", "Start again without a cursor."
    )
