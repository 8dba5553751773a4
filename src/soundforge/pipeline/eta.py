"""How long a job will still take, and how sure that is. Pure.

Two witnesses: how fast this stage went on this machine before, and how fast this run is going.
The second weighs more as the run goes on. What is not known is None, not a guess.

Progress comes in steps, of a segment each: the pace is that of the last step, and the time since
then is time that has passed, no sign that the run has become slower.
"""

from __future__ import annotations

import math
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
    since_s: float = 0.0,
) -> Eta | None:
    """Return the time a run still needs; None while nothing supports a number.

    Args:
        rates: Speeds of earlier runs, in seconds of audio per second of work.
        duration_s: Length of the recording.
        elapsed_s: Time this run had worked when it was last heard of.
        fraction: How far it is, 0..1.
        began: How far it was when ``elapsed_s`` began: an earlier attempt may have done half.
        since_s: Time since it was last heard of.
    """
    rest = max(1e-9, 1 - began)
    fraction = min(1.0, max(0.0, (fraction - began) / rest))
    duration_s *= rest
    totals = [duration_s / rate for rate in rates if rate > _SLOWEST and duration_s > 0]
    from_past = statistics.median(totals) if totals else None
    from_run = elapsed_s / fraction if fraction >= _TRUST_RUN_FROM else None
    if from_run is not None and from_past is not None:
        # Soon: what the machine does today says more than what it did before.
        weight = math.sqrt(fraction)
        total_s = weight * from_run + (1 - weight) * from_past
        spread = abs(from_run - from_past) / max(total_s, 1e-9) / 2
    elif from_run is not None:
        total_s, spread = from_run, 0.5 * (1 - fraction)
    elif from_past is not None:
        total_s, spread = from_past, _spread(totals)
    else:
        return None
    left_s = (1 - fraction) * total_s
    error_s = max(_LEAST_ERROR, spread) * left_s
    since_s = max(0.0, since_s if fraction else elapsed_s + since_s)
    # The step at hand is a part of it. What takes longer is late, and nobody knows how late.
    passed_s = min(since_s, left_s / 2 if fraction else left_s)
    return Eta(left_s - passed_s, max(error_s, since_s - passed_s))


def _spread(totals: Sequence[float]) -> float:
    if len(totals) < 2:
        return 0.5
    return statistics.stdev(totals) / max(statistics.fmean(totals), 1e-9)
