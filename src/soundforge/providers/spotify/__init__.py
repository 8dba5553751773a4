"""Spotify: its links, its Web API, and the tracks they give."""

from __future__ import annotations

from soundforge.providers.spotify.client import SpotifyApi, SpotifyClient
from soundforge.providers.spotify.provider import SpotifyProvider
from soundforge.providers.spotify.short_links import ShortLinks

__all__ = ["ShortLinks", "SpotifyApi", "SpotifyClient", "SpotifyProvider"]
