"""What becomes of Spotify's JSON, in both shapes and in none."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import errors
from soundforge.providers.base import TrackMetadata
from soundforge.providers.spotify import provider
from soundforge.providers.spotify.url import SpotifyRef
from tests.fakes import spotify as fakes

ID = fakes.TRACK
TRACK = SpotifyRef("track", ID)
ALBUM = SpotifyRef("album", ID)
PLAYLIST = SpotifyRef("playlist", ID)

NAMES = st.sampled_from(
    ["id", "name", "artists", "album", "images", "url", "items", "tracks", "item", "track"]
) | st.sampled_from(["total", "external_ids", "isrc", "linked_from", "type", "is_local"])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([ID, "episode", "https://i.scdn.co/x", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=25,
)
OBJECTS = st.dictionaries(st.sampled_from(["id", "name", "tracks", "items", "album"]), JSON)


@given(OBJECTS)
def test_any_json_gives_tracks_or_a_refusal_never_a_crash(raw: dict[str, Any]):
    for found in (provider.found_album(ALBUM, raw), provider.found_playlist(PLAYLIST, raw)):
        assert found.total >= len(found.tracks) + len(found.skipped)
        assert all(track.title and len(track.spotify_id) == 22 for track in found.tracks)
    with contextlib.suppress(errors.NotFound):
        provider.found_track(TRACK, raw)


@pytest.mark.parametrize(
    ("field", "value", "attribute", "read"),
    [
        ("name", "  Two\n lines\x00 ", "title", "Two  lines"),
        ("name", "x" * 5000, "title", "x" * 1000),
        ("artists", [{"name": "A"}, None, {"name": ""}, {"name": "B"}], "artist", "A, B"),
        ("artists", "nobody", "artist", "The Loopbacks"),
        ("album", "none", "album", None),
        ("album", {"name": "X", "images": [{"url": "http://x/1"}]}, "album_art_url", None),
        ("album", {"images": [{"url": "javascript:alert(1)"}]}, "album_art_url", None),
        ("album", {"images": [{"url": "https://x/1"}, {}]}, "album_art_url", "https://x/1"),
        ("album", {"release_date": "0000"}, "release_date", "0000"),
        ("album", {"release_date": "yesterday"}, "release_date", None),
        ("duration_ms", "12000", "duration_ms", None),
        ("duration_ms", -1, "duration_ms", None),
        ("duration_ms", 10**30, "duration_ms", None),
        ("duration_ms", True, "duration_ms", None),
        ("duration_ms", 12000.0, "duration_ms", 12000),
        ("duration_ms", float("nan"), "duration_ms", None),
        ("external_ids", {"isrc": "us-rc1-76-07839"}, "isrc", "USRC17607839"),
        ("external_ids", {"isrc": "no code"}, "isrc", None),
        ("external_ids", [], "isrc", None),
        ("explicit", "yes", "is_explicit", None),
        ("linked_from", {"id": fakes.ALBUM}, "spotify_id", fakes.ALBUM),
        ("linked_from", {"id": "../x"}, "spotify_id", ID),
    ],
)
def test_an_odd_value_counts_as_not_said(field: str, value: Any, attribute: str, read: Any):
    raw = {**fakes.track(ID, "Title"), field: value}

    track = provider.found_track(TRACK, raw).tracks[0]

    assert getattr(track, attribute) == read


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "unreadable"),
        ({"id": "short"}, "unreadable"),
        ({"name": ""}, "unavailable"),
        ({"type": "episode"}, "episode"),
        ({"is_local": True}, "local_file"),
    ],
)
@pytest.mark.parametrize(("field", "wrapper"), [("tracks", "track"), ("items", "item")])
def test_an_entry_that_is_no_track_says_why(
    change: dict[str, Any], reason: str, field: str, wrapper: str
):
    entry = {wrapper: {**fakes.track(ID, "Title"), **change}}

    found = provider.found_playlist(PLAYLIST, {"name": "P", field: {"items": [entry]}})

    assert [skipped.reason for skipped in found.skipped] == [reason]
    assert found.tracks == ()


@pytest.mark.parametrize("entry", [None, 1, "x", [], {}, {"track": None}, {"item": True}])
def test_an_empty_entry_is_missing(entry: Any):
    found = provider.found_playlist(PLAYLIST, {"tracks": {"items": [entry], "total": 1}})

    assert [skipped.reason for skipped in found.skipped] == ["missing"]


def test_a_track_that_spotify_dropped_is_not_found():
    with pytest.raises(errors.NotFound):
        provider.found_track(TRACK, fakes.track(ID, ""))


def test_a_track_of_development_mode_lacks_nothing_we_need():
    raw = fakes.track(ID, "Title")
    for gone in ("uri", "external_urls"):
        raw.pop(gone)

    track = provider.found_track(TRACK, raw).tracks[0]

    assert isinstance(track, TrackMetadata)
    assert track.spotify_url == TRACK.url
