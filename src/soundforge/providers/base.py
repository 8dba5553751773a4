"""What every music service gives us: tracks we can keep, whatever the service calls them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind: TypeAlias = Literal["track", "album", "playlist"]
Reason: TypeAlias = Literal[
    "local_file", "episode", "missing", "unavailable", "duplicate", "unreadable"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMetadata:
    """One track as a service describes it; ``None`` where the service does not say.

    Args:
        spotify_id: 22 base-62 characters.
        spotify_url: ``https://open.spotify.com/track/<id>``: also what the downloader takes.
        title: Never empty.
        artist: All artists, separated by ``", "``.
        album_art_url: HTTPS, the largest picture.
        duration_ms: 0 or more.
        isrc: Twelve characters, without hyphens. Tracks of an album come without it.
        release_date: ``2011``, ``2011-08`` or ``2011-08-22``, as the service has it.
    """

    spotify_id: str
    spotify_url: str
    title: str
    artist: str | None = None
    album: str | None = None
    album_art_url: str | None = None
    duration_ms: int | None = None
    isrc: str | None = None
    track_number: int | None = None
    disc_number: int | None = None
    release_date: str | None = None
    is_explicit: bool | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry of an album or a playlist that becomes no track, and why."""

    reason: Reason
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything a link leads to.

    Args:
        kind: What the link named.
        title: Of the track, the album or the playlist.
        url: The canonical link.
        tracks: In the service's order, each once.
        skipped: The entries that gave no track.
        total: How many entries the service counts.
        raw: The service's own JSON object, all pages joined, for those who want it whole.
    """

    kind: Kind
    title: str
    url: str
    tracks: tuple[TrackMetadata, ...]
    skipped: tuple[Skipped, ...]
    total: int
    raw: dict[str, Any] = field(repr=False, compare=False)


class Provider(Protocol):
    """A music service: one link in, its tracks out."""

    @property
    def name(self) -> str:
        """The service's name in the library: ``spotify``."""
        ...

    def owns(self, text: str) -> bool:
        """Return whether this link is meant for the service, without asking it."""
        ...

    async def resolve(self, text: str) -> Found:
        """Return what the link leads to.

        Raises:
            errors.SoundForgeError: The link is refused, or the service gave no answer.
        """
        ...


def find(providers: Iterable[Provider], text: str) -> Provider:
    """Return the first provider that owns ``text``.

    Raises:
        errors.Invalid: ``link_not_supported``: none does.
    """
    for provider in providers:
        if provider.owns(text):
            return provider
    raise errors.Invalid(
        "link_not_supported",
        "This is not a link that can be imported from.",
        "Paste a Spotify link, or upload your own file.",
    )
