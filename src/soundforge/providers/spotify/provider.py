"""Spotify as a provider: a link in, its tracks out, and every entry that gave none named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from soundforge import errors
from soundforge.providers.base import Found, Skipped, TrackMetadata
from soundforge.providers.spotify import schemas, url
from soundforge.providers.spotify.url import ShortLink, SpotifyRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soundforge.providers.spotify.client import SpotifyApi
    from soundforge.providers.spotify.short_links import ShortLinks


class SpotifyProvider:
    """A track, an album or a playlist of Spotify.

    Args:
        api: Spotify's Web API, or anything that answers like it.
        short_links: Who asks ``spotify.link`` where its links lead.
    """

    name = "spotify"

    def __init__(self, api: SpotifyApi, short_links: ShortLinks) -> None:
        self._api = api
        self._short_links = short_links

    def owns(self, text: str) -> bool:
        """Return whether this is a Spotify link, even one that `resolve` refuses."""
        return url.is_spotify(text)

    async def resolve(self, text: str) -> Found:
        """Return the track, or all tracks of the album or playlist, that a link names.

        Raises:
            errors.Invalid: The link is refused; see `url.parse`.
            errors.SoundForgeError: Spotify refused or gave no answer; see `SpotifyClient`.
        """
        link = url.parse(text)
        ref = await self._short_links.resolve(link) if isinstance(link, ShortLink) else link
        match ref.kind:
            case "track":
                return found_track(ref, await self._api.fetch_track(ref.id))
            case "album":
                return found_album(ref, await self._api.fetch_album(ref.id))
            case "playlist":
                return found_playlist(ref, await self._api.fetch_playlist(ref.id))
            case never:
                assert_never(never)


def found_track(ref: SpotifyRef, raw: dict[str, Any]) -> Found:
    """Read a track object.

    Raises:
        errors.NotFound: ``spotify_not_found``: Spotify keeps the id, but no longer the track.
    """
    entry = _entry(raw, album=None)
    if isinstance(entry, Skipped):
        raise errors.NotFound(
            "spotify_not_found",
            "Spotify no longer offers this track.",
            "Look for another release of it, or upload your own file.",
        )
    return _found(ref, entry.title, [entry], total=1, raw=raw)


def found_album(ref: SpotifyRef, raw: dict[str, Any]) -> Found:
    """Read an album object with all its tracks; they get what only the album says."""
    album = schemas.read(schemas.Album, raw)
    page = _mapping(raw.get("tracks"))
    entries = [_entry(item, album=album) for item in _items(page)]
    return _found(ref, album.name or "Album", entries, total=_total(page, entries), raw=raw)


def found_playlist(ref: SpotifyRef, raw: dict[str, Any]) -> Found:
    """Read a playlist object with all its entries, in either of Spotify's two shapes."""
    page = _mapping(raw.get("tracks")) or _mapping(raw.get("items"))
    entries = [_playlist_entry(item) for item in _items(page)]
    title = schemas.read(schemas.Album, raw).name or "Playlist"
    return _found(ref, title, entries, total=_total(page, entries), raw=raw)


def _found(
    ref: SpotifyRef,
    title: str,
    entries: Iterable[TrackMetadata | Skipped],
    *,
    total: int,
    raw: dict[str, Any],
) -> Found:
    tracks: dict[str, TrackMetadata] = {}
    skipped: list[Skipped] = []
    for entry in entries:
        if isinstance(entry, Skipped):
            skipped.append(entry)
        elif entry.spotify_id in tracks:
            skipped.append(Skipped("duplicate", entry.title))
        else:
            tracks[entry.spotify_id] = entry
    return Found(
        kind=ref.kind,
        title=title,
        url=ref.url,
        tracks=tuple(tracks.values()),
        skipped=tuple(skipped),
        total=total,
        raw=raw,
    )


def _playlist_entry(item: Any) -> TrackMetadata | Skipped:
    wrapper = _mapping(item)
    inner = wrapper.get("item") or wrapper.get("track")
    # The old shape also has a *boolean* called "track" inside a track: only objects count.
    if not isinstance(inner, dict):
        return Skipped("missing")
    if wrapper.get("is_local") is True:
        return Skipped("local_file", schemas.read(schemas.Track, inner).name)
    return _entry(inner, album=None)


def _entry(item: Any, *, album: schemas.Album | None) -> TrackMetadata | Skipped:
    if not isinstance(item, dict):
        return Skipped("missing")
    track = schemas.read(schemas.Track, item)
    if track.is_local:
        return Skipped("local_file", track.name)
    if track.type == "episode":
        return Skipped("episode", track.name)
    linked = track.linked_from.id if track.linked_from else None
    spotify_id = linked or track.id
    if not spotify_id:
        return Skipped("unreadable", track.name)
    if not track.name:
        return Skipped("unavailable")
    return _metadata(track, track.name, spotify_id, track.album or album or schemas.Album())


def _metadata(
    track: schemas.Track, title: str, spotify_id: str, album: schemas.Album
) -> TrackMetadata:
    return TrackMetadata(
        spotify_id=spotify_id,
        spotify_url=SpotifyRef("track", spotify_id).url,
        title=title,
        artist=schemas.names(track.artists) or schemas.names(album.artists),
        album=album.name,
        album_art_url=album.picture_url,
        duration_ms=track.duration_ms,
        isrc=track.external_ids.isrc if track.external_ids else None,
        track_number=track.track_number,
        disc_number=track.disc_number,
        release_date=album.release_date,
        is_explicit=track.explicit,
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(page: dict[str, Any]) -> list[Any]:
    items = page.get("items")
    return items if isinstance(items, list) else []


def _total(page: dict[str, Any], entries: list[Any]) -> int:
    total = page.get("total")
    return total if isinstance(total, int) and total >= len(entries) else len(entries)
