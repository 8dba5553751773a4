"""The token bucket."""

from __future__ import annotations

from soundforge.live.limits import TokenBucket


def test_a_burst_then_a_steady_rate():
    now_s = 0.0
    bucket = TokenBucket(per_s=2.0, burst=3, now=lambda: now_s)

    burst = [bucket.take() for _ in range(5)]
    now_s = 0.5
    half_a_second_later = [bucket.take(), bucket.take()]
    now_s = 100.0
    much_later = [bucket.take() for _ in range(5)]

    assert burst == [True, True, True, False, False]
    assert half_a_second_later == [True, False]
    assert much_later == [True, True, True, False, False]
