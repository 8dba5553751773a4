"""What a file says about itself: title, artist, cover … Nothing of it is to be trusted."""

from __future__ import annotations

import logging
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import tinytag

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.formats.containers import Container

logger = logging.getLogger(__name__)

MAX_TEXT_CHARS: Final = 300
MAX_COVER_BYTES: Final = 10_000_000
_MAX_NUMBER: Final = 9999

# Only these say their bit depth cheaply; an MP3 would be scanned for its length.
_HAS_BIT_DEPTH: Final = ("WAV", "AIFF", "FLAC", "M4A")
_PICTURES: Final = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
)
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", re.ASCII)
_YEAR: Final = re.compile(r"(?<![0-9])[12][0-9]{3}(?![0-9])", re.ASCII)
# Kept of the invisible format characters (Cf): without them some scripts and emoji fall apart.
_JOINERS: Final = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture, as it lay in the file."""

    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a file.

    Args:
        tags: Cleaned texts and numbers by name; None for what is absent.
        bit_depth: Bits per sample, where the format has such a thing.
        cover: The front cover, or another picture.
        warnings: What was there and could not be used: code and sentence.
    """

    tags: dict[str, str | int | None]
    bit_depth: int | None = None
    cover: Cover | None = None
    warnings: list[tuple[str, str]] = field(default_factory=list)


def read(path: Path, container: Container) -> Found:
    """Return the tags and the cover of an audio file; a broken tag is a warning, no error."""
    try:
        with path.open("rb") as file:
            raw = tinytag.TinyTag.get(
                file_obj=file, image=True, duration=container in _HAS_BIT_DEPTH
            )
    except tinytag.UnsupportedFormatError:
        return Found(_clean(None))
    # What a parser trips over in a hostile file is open-ended, memory included.
    except Exception as error:  # noqa: BLE001
        logger.warning("tags could not be read: %r", error)
        sentence = "The file's tags are damaged and were left out."
        return Found(_clean(None), warnings=[("tags_unreadable", sentence)])
    cover, warnings = _cover(raw)
    return Found(_clean(raw), _number(raw.bitdepth) or None, cover, warnings)


def clean_text(text: object) -> str | None:
    """Return one line of at most `MAX_TEXT_CHARS` characters; None when nothing is left.

    Control characters, lone surrogates and characters that turn the direction of the text
    around go; white space becomes single spaces; the rest is in Unicode's composed form.
    """
    if not isinstance(text, str):
        return None
    # A text has few characters per one that stays; a bound on the work, not on the result.
    kept = "".join(_character(c) for c in text[: 20 * MAX_TEXT_CHARS])
    kept = unicodedata.normalize("NFC", kept)
    return " ".join(kept.split())[:MAX_TEXT_CHARS].strip() or None


def _character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc" or character.isspace():
        return " "
    is_hidden = category in ("Cf", "Cs", "Co", "Cn") and character not in _JOINERS
    return "" if is_hidden else character


def _clean(raw: Any) -> dict[str, str | int | None]:
    def text(name: str) -> str | None:
        more = raw.other.get(name, []) if raw else []
        texts = [clean_text(value) for value in [getattr(raw, name, None), *more[:20]]]
        return clean_text("; ".join(t for t in texts if t))

    year = _YEAR.search(text("year") or "")
    isrc = _ISRC.fullmatch((text("isrc") or "").replace("-", "").replace(" ", "").upper())
    return {
        "title": text("title"),
        "artist": text("artist"),
        "album": text("album"),
        "album_artist": text("albumartist"),
        "genre": text("genre"),
        "track": _number(getattr(raw, "track", None)),
        "disc": _number(getattr(raw, "disc", None)),
        "year": int(year[0]) if year else None,
        "isrc": isrc[0] if isrc else None,
    }


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and 0 < value <= _MAX_NUMBER else None


def _cover(raw: tinytag.TinyTag) -> tuple[Cover | None, list[tuple[str, str]]]:
    image = raw.images.any
    if image is None or not image.data:
        return None, []
    content = bytes(image.data)
    if len(content) > MAX_COVER_BYTES:
        return None, [_ignored(f"is larger than {MAX_COVER_BYTES // 10**6} MB")]
    for magic, mime in _PICTURES:
        if magic.match(content):
            return Cover(mime, content), []
    return None, [_ignored("is not a JPEG, PNG, WebP or GIF picture")]


def _ignored(why: str) -> tuple[str, str]:
    return "cover_ignored", f"The file's cover {why} and was left out."
