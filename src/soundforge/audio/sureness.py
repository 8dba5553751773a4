"""How sure a finding must be to be told as a fact, and what stands beside it where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import trust

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A tempo below this confidence is a guess: nothing is built on its beats either.
LEAST_TEMPO: Final = trust.LEAST_BEATS
#: A key that leads by less than this has a runner-up which is nearly as likely.
CLEAR_KEY: Final = 0.1
#: Half or twice the tempo is worth a word from this confidence on: one in two would count so.
LIKELY_COUNT: Final = 0.5


def other_counts(tempo: Mapping[str, Any]) -> tuple[float, ...]:
    """Return half and twice the tempo, in BPM, as far as somebody might count so.

    Args:
        tempo: The feature ``tempo`` of an analysis.
    """
    return tuple(
        other["bpm"]
        for other in tempo.get("alternatives") or ()
        if other["confidence"] >= LIKELY_COUNT
    )
