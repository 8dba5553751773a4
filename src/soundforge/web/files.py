"""Files as responses: names for people, caching, ranges, and a clear answer when one is gone."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fastapi.responses import FileResponse, Response
from starlette.datastructures import Headers, MutableHeaders

from soundforge import errors
from soundforge.web.errors import answers, problem
from soundforge.web.head import is_head

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST_NAME: Final = 150
_LONGEST_SUFFIX: Final = 20
_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER: Final = 19
_ASK: Final = "private, no-cache"
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
    ".mid": "audio/midi",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".npz": "application/octet-stream",
}
AUDIO: Final = tuple(
    sorted({kind for kind in _MEDIA_TYPES.values() if kind.startswith("audio")} - {"audio/midi"})
)


class StoredFile(FileResponse):
    """A file that answers one range, or whether it changed.

    Several ranges at once, and ranges that make no sense, get the whole file, as RFC 9110
    allows: a few bytes of header must not cost hundreds of pieces.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, a part of it, or the word that nothing changed."""
        size_bytes = self._stat()
        headers = Headers(scope=scope)
        if _is_known(headers.get("if-none-match", ""), self.headers["etag"]):
            await self._not_modified()(scope, receive, send)
            return
        try:
            wanted = range_of(headers.get("range"), size_bytes)
        except ValueError:
            if headers.get("if-range") in (None, self.headers["etag"]):
                await _beyond(size_bytes)(scope, receive, send)
                return
            wanted = None
        await super().__call__(_asking(scope, wanted), receive, send)

    def _stat(self) -> int:
        path: Path = self.path  # type: ignore[assignment]  # we only ever give paths
        try:
            self.stat_result = path.stat()
        except OSError:  # swept between the look and the answer
            raise _missing() from None
        self.set_stat_headers(self.stat_result)
        return self.stat_result.st_size

    def _not_modified(self) -> Response:
        kept = ("etag", "cache-control", "last-modified")
        return Response(status_code=304, headers={name: self.headers[name] for name in kept})


def range_of(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Return the first and the last byte that a Range header asks for; None means all.

    >>> range_of("bytes=-500", 2000)
    (1500, 1999)

    Raises:
        ValueError: The file has no such bytes.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or max(map(len, match.groups())) > _LONGEST_NUMBER:
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if first and last and int(first) > int(last):
        return None
    if not first:
        if int(last) == 0 or size_bytes == 0:
            raise ValueError(header)
        return max(0, size_bytes - int(last)), size_bytes - 1
    if int(first) >= size_bytes:
        raise ValueError(header)
    return int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1


def attachment(path: Path, name: str) -> FileResponse:
    """Return a file to keep, under a name that every file system accepts.

    Raises:
        errors.NotFound: The file is gone (``file_gone``).
    """
    _check(path)
    return StoredFile(
        path,
        media_type=_MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        filename=safe_name(name),
        headers={"Cache-Control": _ASK},
    )


def immutable(path: Path, media_type: str) -> FileResponse:
    """Return a file that never changes under its address; only the user's own cache keeps it.

    Raises:
        errors.NotFound: The file is gone (``file_gone``).
    """
    _check(path)
    return StoredFile(
        path,
        media_type=media_type,
        headers={"Cache-Control": "private, max-age=31536000, immutable"},
    )


def replaceable(path: Path, media_type: str) -> FileResponse:
    """Return a file that another may replace: the user's cache asks whether it is still the same.

    Raises:
        errors.NotFound: The file is gone (``file_gone``).
    """
    _check(path)
    return StoredFile(path, media_type=media_type, headers={"Cache-Control": _ASK})


def made_file(text: str, name: str) -> Response:
    """Return a text that was made for this answer, as a file to keep under ``name``."""
    kind = _MEDIA_TYPES[f".{name.rpartition('.')[2]}"]
    headers = {"Content-Disposition": disposition(name), "Cache-Control": _ASK}
    return Response(text.encode(), media_type=f"{kind}; charset=utf-8", headers=headers)


def disposition(name: str) -> str:
    """Return the header that lets a browser keep an answer under ``name``."""
    return f"attachment; filename*=UTF-8''{quote(safe_name(name))}"


def file_answers(*media_types: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's ``responses`` for a route that answers with a file."""
    content: dict[str, Any] = {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types
    }
    return {
        200: {"content": content, "description": description},
        206: {"content": content, "description": "The range that was asked for."},
        304: {"description": "Not changed since the ETag that was sent in If-None-Match."},
        **answers(404, 416, 422),
    }


def safe_name(name: str) -> str:
    """Return ``name`` without what some file system refuses.

    >>> safe_name("AC/DC: Back in Black.flac")
    'AC_DC_ Back in Black.flac'
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).rstrip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    stem = stem.strip(" .")[:_LONGEST_NAME].rstrip(" .")
    return f"{stem or 'file'}{dot}{suffix[:_LONGEST_SUFFIX]}"


def _check(path: Path) -> None:
    if not path.is_file():
        raise _missing()


def _missing() -> errors.NotFound:
    return errors.NotFound("file_gone", "The file is no longer on disk.", "Run it again.")


def _is_known(if_none_match: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or "*" in tags


def _beyond(size_bytes: int) -> Response:
    return problem(
        416,
        "range_not_satisfiable",
        f"The file has {size_bytes} bytes; the range lies beyond them.",
        "Ask for a range inside the file.",
        headers={"Content-Range": f"bytes */{size_bytes}"},
    )


def _asking(scope: Scope, wanted: tuple[int, int] | None) -> Scope:
    """Return ``scope`` with one plain range, or none; and as a HEAD where it was one."""
    scope = {**scope, "headers": list(scope["headers"])}
    if is_head(scope):
        scope["method"] = "HEAD"
    headers = MutableHeaders(scope=scope)
    del headers["range"]
    if wanted is not None:
        headers["range"] = f"bytes={wanted[0]}-{wanted[1]}"
    return scope
