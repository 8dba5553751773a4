"""The marks of a time line."""

from __future__ import annotations

from dataclasses import dataclass

from soundforge.web.words import clock


@dataclass(frozen=True, slots=True)
class Mark:
    """A label of a time line, and how far along it stands, in percent."""

    text: str
    percent: float


def time_marks(duration_s: float) -> tuple[Mark, ...]:
    """Return at most 13 marks of a time line, at round times."""
    step_s = next((step for step in (5, 10, 20, 30, 60, 120, 300) if duration_s <= 13 * step), 600)
    times_s = range(0, max(1, int(duration_s)), step_s)
    return tuple(Mark(clock(at), round(100 * at / duration_s, 2)) for at in times_s)
