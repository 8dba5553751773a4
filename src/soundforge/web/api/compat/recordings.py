"""Which track a compatibility route means: by ``track_id``, or by a path in its own storage."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from soundforge import errors
from soundforge.library import Track, tracks
from soundforge.web.api.compat.answer import text_of

if TYPE_CHECKING:
    from soundforge.db.session import Session
    from soundforge.web.services import Services


async def find(services: Services, user: uuid.UUID, body: dict[str, Any]) -> Track:
    """Return the track whose recording is meant.

    ``file_path`` is the recording's path as the download route gives it. No other path of the
    server is looked at, so nothing can be learned about it.

    Raises:
        errors.Invalid: Neither field is there (``file_path_required``), or they lead to no
            recording of this user's (``file_not_found``).
    """
    path, track_id = text_of(body, "file_path"), text_of(body, "track_id")
    if path is None and track_id is None:
        raise errors.Invalid("file_path_required", "file_path parameter is required")
    async with services.tools.database.transaction() as session:
        found = None
        if track_id is not None:
            found = await _by_id(session, user, track_id)
        elif path is not None:
            relative = services.tools.storage.relative(path)
            if relative is not None:
                found = await tracks.find_recording(session, user, relative)
    if found is None or found.recording_path is None:
        base = PurePath(path).name[:100] if path else track_id
        raise errors.Invalid("file_not_found", f"Audio file not found: {base}")
    return found


async def _by_id(session: Session, user: uuid.UUID, track_id: str) -> Track | None:
    try:
        return await tracks.get(session, user, uuid.UUID(track_id))
    except (ValueError, errors.NotFound):
        return None
