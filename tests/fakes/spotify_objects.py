"""What the fake Spotify holds, in the shapes of its Web API."""

from __future__ import annotations

from typing import Any

TRACK_MS = 12_000  # as long as the tone that the stand-in downloader makes


def make_id(word: str, number: int = 0) -> str:
    """Return 22 base-62 characters that begin with ``word`` and end with ``number``."""
    return f"{word}{number:0{22 - len(word)}d}"


TRACK = make_id("track")
ALBUM = make_id("album")
PLAYLIST = make_id("playlist")
PLAYLIST_NEW = make_id("newshape")
PLAYLIST_MIXED = make_id("mixed")
PLAYLIST_PRIVATE = make_id("private")


def track(
    spotify_id: str, title: str, *, album: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return a full track object; without ``album`` it belongs to a single."""
    return {
        "id": spotify_id,
        "type": "track",
        "name": title,
        "artists": [{"id": make_id("artist"), "name": "The Loopbacks"}],
        "album": album or album_head(make_id("single"), "A Single"),
        "duration_ms": TRACK_MS,
        "explicit": False,
        "disc_number": 1,
        "track_number": 1,
        "external_ids": {"isrc": f"QZABC26{sum(spotify_id.encode()) % 100_000:05d}"},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{spotify_id}"},
        "is_local": False,
        "uri": f"spotify:track:{spotify_id}",
        **more,
    }


def album_head(spotify_id: str, name: str) -> dict[str, Any]:
    """Return an album object as it stands inside a track."""
    return {
        "id": spotify_id,
        "type": "album",
        "name": name,
        "artists": [{"id": make_id("artist"), "name": "The Loopbacks"}],
        "images": [
            {"url": f"https://i.scdn.co/image/{spotify_id}-300", "width": 300, "height": 300},
            {"url": f"https://i.scdn.co/image/{spotify_id}-640", "width": 640, "height": 640},
        ],
        "release_date": "2026-02-11",
        "release_date_precision": "day",
        "total_tracks": 12,
    }


def simplified(full: dict[str, Any]) -> dict[str, Any]:
    """Return a track as albums list it: without the album and without the ISRC."""
    return {key: value for key, value in full.items() if key not in {"album", "external_ids"}}
