"""Spotify's JSON, as far as we use it, and forgiving: what is odd counts as not said."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WrapValidator
from pydantic.functional_validators import ModelWrapValidatorHandler  # noqa: TC002 -- for pydantic

M = TypeVar("M", bound=BaseModel)

_MAX_TEXT_CHARS: Final = 1000
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")
_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
_MAX_COUNT: Final = 2**31 - 1


def _or_none(value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return _CONTROLS.sub(" ", value).strip()[:_MAX_TEXT_CHARS] or None


def _count(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT
    return value if is_count else None


def _id(value: Any) -> str | None:
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _isrc(value: Any) -> str | None:
    code = value.replace("-", "").strip().upper() if isinstance(value, str) else ""
    return code if _ISRC.fullmatch(code) else None


def _date(value: Any) -> str | None:
    return value if isinstance(value, str) and _DATE.fullmatch(value) else None


def _picture_url(value: Any) -> str | None:
    text = _text(value) or ""
    return text if text.startswith("https://") and " " not in text else None


def _bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _dicts(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


Text = Annotated[str | None, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(_count)]
Id = Annotated[str | None, BeforeValidator(_id)]
Isrc = Annotated[str | None, BeforeValidator(_isrc)]
Date = Annotated[str | None, BeforeValidator(_date)]
PictureUrl = Annotated[str | None, BeforeValidator(_picture_url)]
Bool = Annotated[bool | None, BeforeValidator(_bool)]


class _Forgiving(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Artist(_Forgiving):
    """Who plays."""

    name: Text = None


class Picture(_Forgiving):
    """A cover in one size."""

    url: PictureUrl = None
    width: Count = None


Artists = Annotated[list[Artist], BeforeValidator(_dicts)]
Pictures = Annotated[list[Picture], BeforeValidator(_dicts)]


class ExternalIds(_Forgiving):
    """Numbers from outside Spotify."""

    isrc: Isrc = None


class LinkedFrom(_Forgiving):
    """The track that was asked for, where Spotify answers with its twin for the market."""

    id: Id = None


class Album(_Forgiving):
    """An album, whole or as a part of a track."""

    id: Id = None
    name: Text = None
    artists: Artists = []
    images: Pictures = []
    release_date: Date = None

    @property
    def picture_url(self) -> str | None:
        """The largest cover; without sizes, the first, which Spotify makes the largest."""
        pictures = [picture for picture in self.images if picture.url]
        return max(pictures, key=lambda picture: picture.width or 0).url if pictures else None


class Track(_Forgiving):
    """A track; those inside an album have no ``album`` and no ``external_ids``."""

    id: Id = None
    type: Text = None
    name: Text = None
    artists: Artists = []
    album: Annotated[Album | None, WrapValidator(_or_none)] = None
    duration_ms: Count = None
    disc_number: Count = None
    track_number: Count = None
    explicit: Bool = None
    external_ids: Annotated[ExternalIds | None, WrapValidator(_or_none)] = None
    linked_from: Annotated[LinkedFrom | None, WrapValidator(_or_none)] = None
    is_local: Bool = None


def names(artists: list[Artist]) -> str | None:
    """Return the artists' names, separated by ``", "``."""
    return ", ".join(artist.name for artist in artists if artist.name) or None


def read(model: type[M], value: Any) -> M:
    """Return ``value`` as ``model``; anything but a JSON object counts as an empty one."""
    return model.model_validate(value if isinstance(value, dict) else {})
