"""Beats and bars for people: as an analysis found them, bars only where they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundforge.engines import trust

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Pulse:
    """The pulse of a recording; empty without one.

    Args:
        beats_s: Times of the beats, rising.
        downbeats_s: Those that begin a bar; empty where that is not known well enough.
        beats_per_bar: The metre; None where bars are not known.
    """

    beats_s: tuple[float, ...] = ()
    downbeats_s: tuple[float, ...] = ()
    beats_per_bar: int | None = None


def read(beats: Mapping[str, Any] | None) -> Pulse:
    """Return the pulse in the feature ``beats`` of an analysis; None has none.

    Bars whose confidence is below `trust.LEAST_BARS` are left out: a wrong bar line is worse
    than none.
    """
    found = beats or {}
    beats_s = tuple(found.get("beats_s") or ())
    if (found.get("bar_confidence") or 0.0) < trust.LEAST_BARS or not found.get("downbeats_s"):
        return Pulse(beats_s)
    return Pulse(beats_s, tuple(found["downbeats_s"]), found.get("beats_per_bar"))
