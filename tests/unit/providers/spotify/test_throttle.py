"""What Spotify's limits do to the next call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import errors
from soundforge.providers.spotify.throttle import Clock, Throttle


def throttle_at(now_s: list[float]) -> Throttle:
    async def sleep(seconds: float) -> None:
        now_s[0] += seconds

    wall = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
    return Throttle(Clock(lambda: now_s[0], lambda: wall, sleep, lambda: 0.0))


@given(st.one_of(st.none(), st.text(max_size=30), st.integers().map(str)), st.booleans())
def test_a_refusal_never_asks_for_less_than_nothing_or_more_than_a_week(
    retry_after: str | None, is_quota: bool
):
    throttle = throttle_at([0.0])

    throttle.note(retry_after, is_quota=is_quota)

    wait_s = throttle.refusal().retry_after_s
    assert wait_s is not None
    assert (31 if is_quota else 0) <= wait_s <= 7 * 86_400


@pytest.mark.parametrize("retry_after", [None, "", "soon", "-5", "1e9", "30", "0", "\u0661"])
async def test_a_limit_that_is_short_or_says_nothing_is_waited_out(retry_after: str | None):
    now_s = [0.0]
    throttle = throttle_at(now_s)
    throttle.note(retry_after, is_quota=False)

    await throttle.enter()

    assert now_s[0] in {0, 30}


async def test_a_shorter_limit_never_shortens_a_longer_one():
    throttle = throttle_at([0.0])
    throttle.note("3600", is_quota=False)

    throttle.note("1", is_quota=False)

    with pytest.raises(errors.Limited) as refusal:
        await throttle.enter()
    assert refusal.value.retry_after_s == 3600


async def test_a_date_in_the_past_is_no_limit():
    now_s = [0.0]
    throttle = throttle_at(now_s)

    throttle.note("Fri, 20 Nov 2026 13:00:00 GMT", is_quota=False)
    await throttle.enter()

    assert now_s == [0.0]
