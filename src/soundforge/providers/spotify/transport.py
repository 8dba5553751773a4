"""One bounded HTTP call to Spotify: limits on time and size, a few retries, clear errors."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import httpx

from soundforge import errors
from soundforge.providers.spotify.throttle import Clock, Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
_TRIES: Final = 3
_FIRST_PAUSE_S: Final = 0.5
_BAD_ESCAPES: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_NOT_TEXT: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a JSON object; the object is empty where the body of a refusal is not JSON."""

    status: int
    json: dict[str, Any]


@dataclass(slots=True)
class Transport:
    """Send a request until it is answered; what the answer means is the caller's business.

    Args:
        timeout_s: For one try, from the first byte out to the last byte in.
        clock: Time, for waits.
        base: What carries the bytes; a test may bring its own.
    """

    timeout_s: float = 20.0
    clock: Clock = field(default_factory=Clock)
    base: httpx.AsyncBaseTransport | None = None
    throttle: Throttle = field(init=False)
    _http: httpx.AsyncClient | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.clock)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer, waiting out short limits and retrying failures three times.

        Raises:
            errors.Limited: ``spotify_rate_limited`` or ``spotify_quota_exceeded``.
            errors.Unavailable: ``spotify_unreachable`` (no answer, or 5xx) or
                ``spotify_answer_invalid`` (no JSON object, a redirect, more than 8 MiB).
        """
        refused = 0
        failed = 0
        while True:
            await self.throttle.enter()
            try:
                response, body = await self._once(method, url, headers=headers, form=form)
            except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
                problem = type(error).__name__
            else:
                if response.status_code == 429:
                    refused += 1
                    self._note_refusal(response, body)
                    if refused == _TRIES:
                        raise self.throttle.refusal()
                    continue
                if response.status_code < 500:
                    return Answer(response.status_code, _object(response.status_code, body))
                problem = f"status {response.status_code}"
            failed += 1
            if failed == _TRIES:
                raise _unreachable(problem)
            await self._pause(failed)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _once(
        self, method: str, url: str, *, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[httpx.Response, bytes]:
        request = self._client().build_request(method, url, headers=headers, data=form)
        async with asyncio.timeout(self.timeout_s):
            response = await self._client().send(request, stream=True)
            try:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise _invalid("it is larger than 8 MiB")
            finally:
                await response.aclose()
        return response, bytes(body)

    def _client(self) -> httpx.AsyncClient:
        # Made on first use: most starts of the server never speak to Spotify.
        if self._http is None:
            self._http = httpx.AsyncClient(
                timeout=self.timeout_s,
                transport=self.base,
                follow_redirects=False,
                # Small pages, and no archive that unpacks to gigabytes.
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            )
        return self._http

    def _note_refusal(self, response: httpx.Response, body: bytes) -> None:
        is_quota = b"QUOTA_EXCEEDED" in body
        self.throttle.note(response.headers.get("Retry-After"), is_quota=is_quota)
        logger.warning("spotify asked us to wait", extra={"is_quota": is_quota})

    async def _pause(self, failed: int) -> None:
        pause_s = _FIRST_PAUSE_S * 2 ** (failed - 1)
        await self.clock.sleep(pause_s * (1 + self.clock.chance()))


def _object(status: int, body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return _as_text(value) if _BAD_ESCAPES.search(body) else value
    if status == 200:
        raise _invalid("it is not a JSON object")
    if 300 <= status < 400:
        raise _invalid("it leads elsewhere")
    return {}


def _as_text(value: Any) -> Any:
    """Replace what neither UTF-8 nor PostgreSQL can hold: half characters and NUL."""
    if isinstance(value, str):
        return _NOT_TEXT.sub("\ufffd", value)
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, dict):
        return {_as_text(key): _as_text(item) for key, item in value.items()}
    return value


def _invalid(why: str) -> errors.Unavailable:
    return errors.Unavailable(
        "spotify_answer_invalid",
        f"Spotify's answer makes no sense: {why}.",
        "Try again in a minute, or upload your own file.",
    )


def _unreachable(problem: str) -> errors.Unavailable:
    return errors.Unavailable(
        "spotify_unreachable",
        f"Spotify did not answer ({problem}).",
        "Check this computer's network, then try again, or upload your own file.",
    )
