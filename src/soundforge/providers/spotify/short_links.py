"""Ask Spotify's own short hosts where a link leads; nobody else is ever asked."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urljoin

import httpx

from soundforge import errors
from soundforge.providers.spotify import url
from soundforge.providers.spotify.url import ShortLink, SpotifyRef

MAX_HOPS: Final = 3
_NEXT: Final = "Open the link in a browser and paste the address it ends at."


class ShortLinks:
    """Follow redirects among ``spotify.link`` and ``spotify.app.link``, over HTTPS.

    Every step is read by `url.parse`: it is either another short link, which is rebuilt from
    its code alone, or the canonical link, which is not asked for. So no other host and no
    other scheme can be reached.

    Args:
        timeout_s: For all hops together.
        base: What carries the bytes; a test may bring its own.
    """

    def __init__(
        self, *, timeout_s: float = 10.0, base: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._timeout_s = timeout_s
        self._base = base

    async def resolve(self, link: ShortLink) -> SpotifyRef:
        """Return what ``link`` leads to, after three hops at most.

        Raises:
            errors.Invalid: ``spotify_short_link_invalid``: it leads to no track, album or
                playlist, or in circles.
            errors.Unavailable: ``spotify_unreachable``: no answer in time.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._follow(link)
        except (httpx.HTTPError, TimeoutError) as error:
            raise errors.Unavailable(
                "spotify_unreachable", "Spotify's short links do not answer.", _NEXT
            ) from error

    async def _follow(self, link: ShortLink) -> SpotifyRef:
        for _ in range(MAX_HOPS):
            try:
                step = url.parse(urljoin(link.url, await self._location(link)))
            except (errors.Invalid, ValueError) as error:
                raise _leads_nowhere() from error
            if isinstance(step, SpotifyRef):
                return step
            link = step
        raise _leads_nowhere()

    async def _location(self, link: ShortLink) -> str:
        # A client per hop: no cookie of one answer is sent with the next question.
        async with (
            httpx.AsyncClient(
                transport=self._base, follow_redirects=False, timeout=self._timeout_s
            ) as http,
            http.stream("GET", link.url) as response,
        ):
            return response.headers.get("Location", "") if response.is_redirect else ""


def _leads_nowhere() -> errors.Invalid:
    return errors.Invalid(
        "spotify_short_link_invalid",
        "This short link leads to no track, album or playlist on Spotify.",
        _NEXT,
    )
