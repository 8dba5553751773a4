"""Files as responses: names for people, caching, and a clear answer when one is gone."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from fastapi.responses import FileResponse

from soundforge import errors

if TYPE_CHECKING:
    from pathlib import Path

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST_NAME: Final = 150
_MEDIA_TYPES: Final = {
    ".flac": "audio/flac",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".aiff": "audio/aiff",
    ".json": "application/json",
    ".npz": "application/octet-stream",
}


def attachment(path: Path, name: str) -> FileResponse:
    """Return a file to keep, under a name that every file system accepts.

    Raises:
        errors.NotFound: The file is gone (``file_missing``).
    """
    _check(path)
    return FileResponse(
        path,
        media_type=_MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        filename=safe_name(name),
        headers={"Cache-Control": "private, no-cache"},
    )


def immutable(path: Path, media_type: str) -> FileResponse:
    """Return a file that never changes under its address; only the user's own cache keeps it.

    Raises:
        errors.NotFound: The file is gone (``file_missing``).
    """
    _check(path)
    return FileResponse(
        path,
        media_type=media_type,
        headers={"Cache-Control": "private, max-age=31536000, immutable"},
    )


def safe_name(name: str) -> str:
    """Return ``name`` without what some file system refuses.

    >>> safe_name("AC/DC: Back in Black.flac")
    'AC_DC_ Back in Black.flac'
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        return name[:_LONGEST_NAME] or "file"
    return f"{stem[:_LONGEST_NAME].rstrip(' .') or 'file'}.{suffix}"


def _check(path: Path) -> None:
    if not path.is_file():
        raise errors.NotFound("file_missing", "The file is no longer on disk.", "Run it again.")
