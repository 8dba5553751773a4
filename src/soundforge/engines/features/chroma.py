"""Chroma: how strong each of the twelve pitch classes is, over time and on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.engines import chromagram
from soundforge.engines.feature import NO_SUMMARY, Feature, Finding, summary

if TYPE_CHECKING:
    from soundforge.engines.feature import Recording


def extract(recording: Recording) -> Finding:
    """Return ``mean`` and ``std`` per pitch class from C, 0..1, and the tuning in cents.

    ``tuning_cents`` is the distance from A = 440 Hz, -50 to 50. All None in silence.
    """
    chroma = chromagram.chroma(recording).T
    if recording.level.is_silent:
        return Finding({**NO_SUMMARY, "tuning_cents": None}, {"chroma": chroma})
    value = {**summary(chroma), "tuning_cents": round(100 * chromagram.tuning(recording))}
    return Finding(value, {"chroma": chroma})


FEATURE: Final = Feature("Pitch classes", chromagram.MEASURES, extract)
