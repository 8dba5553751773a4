"""How long a job will still take, and how sure that is. Pure.

Two witnesses: how fast this stage went on this machine before, and how fast this run is going.
The second weighs more as the run goes on. What is not known is None, not a guess.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_TRUST_RUN_FROM: Final = 0.05
_LEAST_ERROR: Final = 0.08
_SLOWEST: Final = 1e-3  # a slower rate was measured wrong


@dataclass(frozen=True, slots=True)
class Eta:
    """Time left, give or take."""

    left_s: float
    error_s: float


def estimate(
    *,
    rates: Sequence[float],
    duration_s: float,
    elapsed_s: float,
    fraction: float,
    began: float = 0.0,
) -> Eta | None:
    """Return the time a run still needs; None while nothing supports a number.

    Args:
        rates: Speeds of earlier runs, in seconds of audio per second of work.
        duration_s: Length of the recording.
        elapsed_s: Time this run has worked so far.
        fraction: How far it is, 0..1.
        began: How far it was when ``elapsed_s`` began: an earlier attempt may have done half.
    """
    rest = max(1e-9, 1 - began)
    fraction = min(1.0, max(0.0, (fraction - began) / rest))
    duration_s *= rest
    totals = [duration_s / rate for rate in rates if rate > _SLOWEST and duration_s > 0]
    from_past = statistics.median(totals) if totals else None
    from_run = elapsed_s / fraction if fraction >= _TRUST_RUN_FROM else None
    if from_run is None and from_past is None:
        return None
    if from_run is None or from_past is None:
        total_s = from_run if from_run is not None else from_past
        spread = _spread(totals) if from_run is None else 0.5 * (1 - fraction)
    else:
        total_s = fraction * from_run + (1 - fraction) * from_past
        spread = abs(from_run - from_past) / max(total_s, 1e-9) / 2
    assert total_s is not None
    left_s = max(0.0, total_s - elapsed_s)
    return Eta(left_s, max(_LEAST_ERROR, spread) * left_s)


def _spread(totals: Sequence[float]) -> float:
    if len(totals) < 2:
        return 0.5
    return statistics.stdev(totals) / max(statistics.fmean(totals), 1e-9)
