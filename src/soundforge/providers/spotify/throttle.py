"""Keep to Spotify's limits: wait out a short one, stop asking during a long one.

The limit counts over a rolling 30 s and is not published. Asking on during a long refusal
is reported to lengthen it, so one refusal holds back every later call of this client.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LONGEST_WAIT_S: Final = 30.0
QUOTA_PAUSE_S: Final = 3600.0
_UNSTATED_WAIT_S: Final = 30.0
_LONGEST_BLOCK_S: Final = 7 * 86_400.0
_JITTER: Final = 0.1


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as values, so that tests can bring their own.

    Args:
        now_s: Seconds that never jump back.
        wall: The time of day, with its zone.
        sleep: Waits that many seconds.
        chance: A number in [0, 1).
    """

    now_s: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


@dataclass(slots=True)
class Throttle:
    """What Spotify last said about how often we may ask."""

    clock: Clock = field(default_factory=Clock)
    _free_at_s: float = 0.0
    _is_quota: bool = False

    async def enter(self) -> None:
        """Wait until a call is allowed.

        Raises:
            errors.Limited: That would take longer than 30 s.
        """
        while (wait_s := self._free_at_s - self.clock.now_s()) > 0:
            if wait_s > LONGEST_WAIT_S:
                raise self.refusal(wait_s)
            await self.clock.sleep(wait_s * (1 + _JITTER * self.clock.chance()))

    def note(self, retry_after: str | None, *, is_quota: bool) -> None:
        """Remember a 429: from now on `enter` waits or refuses.

        Args:
            retry_after: The header: seconds, or a date; nonsense counts as 30 s.
            is_quota: The day's quota is used up, for all apps of this developer.
        """
        wait_s = self._stated_s(retry_after)
        if wait_s is None:
            wait_s = QUOTA_PAUSE_S if is_quota else _UNSTATED_WAIT_S
        if is_quota:
            wait_s = max(wait_s, LONGEST_WAIT_S + 1)
        free_at_s = self.clock.now_s() + min(wait_s, _LONGEST_BLOCK_S)
        if free_at_s > self._free_at_s:
            self._free_at_s, self._is_quota = free_at_s, is_quota

    def refusal(self, wait_s: float | None = None) -> errors.Limited:
        """Return the error for a call that must wait ``wait_s`` (default: as noted)."""
        if wait_s is None:
            wait_s = max(0.0, self._free_at_s - self.clock.now_s())
        when = self._time_of_day(wait_s)
        if self._is_quota:
            return errors.Limited(
                "spotify_quota_exceeded",
                f"The Spotify quota of this installation is used up until about {when}.",
                f"Try again at {when}, or upload your own file.",
                retry_after_s=wait_s,
            )
        return errors.Limited(
            "spotify_rate_limited",
            f"Spotify refuses further questions until {when}.",
            f"Try again at {when}, or upload your own file.",
            retry_after_s=wait_s,
        )

    def _stated_s(self, retry_after: str | None) -> float | None:
        text = (retry_after or "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - self.clock.wall()).total_seconds())

    def _time_of_day(self, wait_s: float) -> str:
        # Rounded up: a minute too late is right, a second too early is refused again.
        until = (self.clock.wall() + timedelta(seconds=wait_s + 59)).astimezone()
        is_near = wait_s < 20 * 3600
        return until.strftime("%H:%M %Z" if is_near else "%Y-%m-%d %H:%M %Z").strip()
