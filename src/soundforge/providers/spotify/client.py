"""Ask Spotify's Web API for a track, an album or a playlist, all pages of it.

Both shapes of its answers are understood: that of apps with extended quota, and that of
development mode since February 2026 (``items`` for ``tracks``, and often not there at all).
"""

from __future__ import annotations

from typing import Any, Final, Protocol
from urllib.parse import urlencode

from soundforge import errors
from soundforge.providers.spotify import token as tokens
from soundforge.providers.spotify.transport import Answer, Transport

MAX_PAGES: Final = 250
_OWN_FILE: Final = "or upload your own file"


class SpotifyApi(Protocol):
    """What we need of Spotify: JSON objects as its Web API documents them, pages joined."""

    async def fetch_track(self, spotify_id: str) -> dict[str, Any]:
        """Return a track object."""
        ...

    async def fetch_album(self, spotify_id: str) -> dict[str, Any]:
        """Return an album object with all its tracks in ``tracks.items``."""
        ...

    async def fetch_playlist(self, spotify_id: str) -> dict[str, Any]:
        """Return a playlist object with all its entries in ``tracks.items`` or ``items.items``."""
        ...


class SpotifyClient:
    """The Web API, with the app's own token (client credentials).

    Every method raises `errors.NotFound` (``spotify_not_found``), `errors.Denied`
    (``spotify_denied``, ``spotify_playlist_private``), `errors.Conflict`
    (``spotify_not_configured``, ``spotify_credentials_refused``), `errors.Limited`
    (``spotify_rate_limited``, ``spotify_quota_exceeded``) or `errors.Unavailable`
    (``spotify_unreachable``, ``spotify_answer_invalid``).

    Args:
        api_url: ``https://api.spotify.com/v1``, or a stand-in.
        accounts_url: ``https://accounts.spotify.com``, or a stand-in.
        client_id: Of the operator's own app; empty means not configured.
        client_secret: Its secret.
        market: Country whose catalogue counts, two letters; empty leaves it to Spotify.
        transport: How calls are made; a test may bring another clock.
    """

    def __init__(
        self,
        *,
        api_url: str,
        accounts_url: str,
        client_id: str,
        client_secret: str,
        market: str = "",
        transport: Transport | None = None,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._market = market
        self._transport = transport or Transport()
        self._tokens = tokens.Tokens(self._transport, accounts_url, client_id, client_secret)

    async def fetch_track(self, spotify_id: str) -> dict[str, Any]:
        """Return a track object."""
        return _expect(await self._get(self._url(f"tracks/{spotify_id}")), "track")

    async def fetch_album(self, spotify_id: str) -> dict[str, Any]:
        """Return an album object with all its tracks in ``tracks.items``."""
        album = _expect(await self._get(self._url(f"albums/{spotify_id}")), "album")
        page = album.get("tracks")
        if not isinstance(page, dict):
            page = await self._page(self._url(f"albums/{spotify_id}/tracks", limit=50), "album")
        album["tracks"] = await self._joined(page, "album")
        return album

    async def fetch_playlist(self, spotify_id: str) -> dict[str, Any]:
        """Return a playlist object with all its entries in ``tracks.items`` or ``items.items``."""
        url = self._url(f"playlists/{spotify_id}", additional_types="track")
        playlist = _expect(await self._get(url), "playlist")
        field = "tracks" if _has_items(playlist.get("tracks")) else "items"
        page = playlist.get(field)
        if not _has_items(page):
            # Development mode leaves the field out where the app may not read the contents;
            # the call below says so in the open, or has them after all.
            url = self._url(f"playlists/{spotify_id}/items", limit=50, additional_types="track")
            page = await self._page(url, "playlist")
        playlist[field] = await self._joined(page, "playlist")
        return playlist

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _url(self, path: str, **query: str | int) -> str:
        if self._market:
            query["market"] = self._market
        return f"{self._api_url}/{path}" + (f"?{urlencode(query)}" if query else "")

    async def _page(self, url: str, kind: str) -> dict[str, Any]:
        return _expect(await self._get(url), kind)

    async def _joined(self, page: Any, kind: str) -> dict[str, Any]:
        """Follow ``next`` to the end; return the first page with every item in it."""
        joined: dict[str, Any] = dict(page)
        items = list(_list(page.get("items")))
        seen: set[str] = set()
        while isinstance(url := page.get("next"), str) and url:
            if not url.startswith(f"{self._api_url}/") or url in seen or len(seen) == MAX_PAGES:
                raise errors.Unavailable(
                    "spotify_answer_invalid",
                    "Spotify's answer makes no sense: its next page leads nowhere.",
                    f"Try again in a minute, {_OWN_FILE}.",
                )
            seen.add(url)
            page = await self._page(url, kind)
            items += _list(page.get("items"))
        return {**joined, "items": items, "next": None}

    async def _get(self, url: str) -> Answer:
        """Ask with a token; once more with a new one if Spotify no longer takes the first."""
        for _ in range(2):
            token = await self._tokens.get()
            headers = {"Authorization": f"Bearer {token}"}
            answer = await self._transport.send("GET", url, headers=headers)
            if answer.status != 401:
                return answer
            self._tokens.drop(token)
        raise tokens.refused()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _has_items(page: Any) -> bool:
    return isinstance(page, dict) and isinstance(page.get("items"), list)


def _expect(answer: Answer, kind: str) -> dict[str, Any]:
    match answer.status:
        case 200:
            return answer.json
        case 403 if kind == "playlist":
            raise errors.Denied(
                "spotify_playlist_private",
                "Spotify shows the tracks of a playlist only to its owner.",
                "Paste the links of its tracks or albums instead (several at once work), "
                f"{_OWN_FILE}.",
            )
        case 403:
            raise errors.Denied(
                "spotify_denied",
                f"Spotify does not let this installation read the {kind}.",
                f"Look at the app on Spotify's dashboard (its owner needs Premium), {_OWN_FILE}.",
            )
        case 400 | 404:
            raise errors.NotFound(
                "spotify_not_found",
                f"Spotify knows no such {kind}, or does not show it to apps.",
                f"Check the link, {_OWN_FILE}.",
            )
        case status:
            raise errors.Unavailable(
                "spotify_answer_invalid",
                f"Spotify's answer makes no sense: status {status}.",
                f"Try again in a minute, {_OWN_FILE}.",
            )
