"""The app's own access token (client credentials): kept while it is good, fetched once."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from soundforge.providers.spotify.transport import Answer, Transport

LIFETIME_S: Final = 3500.0
_MARGIN_S: Final = 100.0
_DASHBOARD_NEXT: Final = (
    "Register an app at https://developer.spotify.com/dashboard (Spotify asks its owner for "
    "Premium), set SFA_SPOTIFY__CLIENT_ID and SFA_SPOTIFY__CLIENT_SECRET, and start again. "
    "Your own files work without."
)


@dataclass(slots=True)
class Tokens:
    """Hold one token per client; whoever comes while it is fetched waits for the same one.

    Args:
        accounts_url: ``https://accounts.spotify.com``, or a stand-in.
        client_id: Empty means not configured.
        client_secret: Never logged, never part of a message.
    """

    transport: Transport
    accounts_url: str
    client_id: str
    client_secret: str = field(repr=False)
    _token: str = field(init=False, default="", repr=False)
    _good_until_s: float = field(init=False, default=0.0)
    _one_at_a_time: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)

    async def get(self) -> str:
        """Return a token that is good for at least a minute.

        Raises:
            errors.Conflict: ``spotify_not_configured`` or ``spotify_credentials_refused``.
            errors.Unavailable: Spotify gave no answer, or asks us to wait.
        """
        if not (self.client_id and self.client_secret):
            raise errors.Conflict(
                "spotify_not_configured",
                "Spotify links need a client id and secret, and this installation has none.",
                _DASHBOARD_NEXT,
            )
        async with self._one_at_a_time:
            if self.transport.clock.now_s() >= self._good_until_s:
                await self._fetch()
            return self._token

    def drop(self, token: str) -> None:
        """Forget ``token``, which Spotify refused; a newer one stays."""
        if token == self._token:
            self._good_until_s = 0.0

    async def _fetch(self) -> None:
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        asked_at_s = self.transport.clock.now_s()
        answer = await self.transport.send(
            "POST",
            f"{self.accounts_url.rstrip('/')}/api/token",
            headers={"Authorization": f"Basic {pair}"},
            form={"grant_type": "client_credentials"},
        )
        self._token, lifetime_s = _read(answer)
        self._good_until_s = asked_at_s + lifetime_s


def _read(answer: Answer) -> tuple[str, float]:
    if answer.status != 200:
        raise refused()
    token, expires_in = answer.json.get("access_token"), answer.json.get("expires_in")
    # The token becomes a header: anything but plain characters would break out of it.
    if not (isinstance(token, str) and token.isascii() and token.isprintable() and token):
        raise errors.Unavailable(
            "spotify_answer_invalid",
            "Spotify's answer makes no sense: there is no token in it.",
            "Try again in a minute, or upload your own file.",
        )
    seconds = float(expires_in) if isinstance(expires_in, int) and expires_in > 0 else 3600.0
    return token, min(LIFETIME_S, max(1.0, seconds - _MARGIN_S))


def refused() -> errors.Conflict:
    """Return the error for credentials, or a token made with them, that Spotify refuses."""
    return errors.Conflict(
        "spotify_credentials_refused",
        "Spotify refuses this installation's client id and secret.",
        "Check SFA_SPOTIFY__CLIENT_ID and SFA_SPOTIFY__CLIENT_SECRET on Spotify's dashboard "
        "(the app's owner needs Premium), or upload your own file.",
    )
