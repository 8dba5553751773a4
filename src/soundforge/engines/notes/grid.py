"""Beats as a ruler for time: notes onto a grid, seconds into beats."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.notes import Note
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Steps in a beat (a quarter note) of every grid; T is for triplets.
STEPS: Final = {
    "1/4": 1,
    "1/8": 2,
    "1/8T": 3,
    "1/16": 4,
    "1/16T": 6,
    "1/32": 8,
}
_SHORTEST_BEAT_S: Final = 0.05
_LONGEST_BEAT_S: Final = 8.0
_SHORTEST_LEAD_S: Final = 0.06


class Ruler:
    """Times of beats, carried on before the first and after the last.

    Args:
        beats_s: Two or more, ascending, not negative, 0.05 to 8 s apart.

    Raises:
        EngineError: ``beats_invalid``.
    """

    def __init__(self, beats_s: Sequence[float]) -> None:
        _check(beats_s)
        self._times_s = np.array(beats_s, np.float64)
        self._first_s = self._times_s[1] - self._times_s[0]
        self._last_s = self._times_s[-1] - self._times_s[-2]

    @property
    def lead(self) -> int:
        """How many beats a file has before the first one, so that its start is theirs.

        None when the first beat is as good as at 0: programs know no tempo that high.
        """
        if self._times_s[0] < _SHORTEST_LEAD_S:
            return 0
        return max(1, round(float(self._times_s[0] / self._first_s)))

    def beat_at(self, time_s: float) -> float:
        """Return where a time lies, in beats; the first beat is 0."""
        last = len(self._times_s) - 1
        if time_s < self._times_s[0]:
            return float((time_s - self._times_s[0]) / self._first_s)
        if time_s > self._times_s[last]:
            return float(last + (time_s - self._times_s[last]) / self._last_s)
        return float(np.interp(time_s, self._times_s, np.arange(last + 1.0)))

    def time_at(self, beat: float) -> float:
        """Return when a beat is, in seconds."""
        last = len(self._times_s) - 1
        if beat < 0:
            return float(self._times_s[0] + beat * self._first_s)
        if beat > last:
            return float(self._times_s[last] + (beat - last) * self._last_s)
        return float(np.interp(beat, np.arange(last + 1.0), self._times_s))


def quantise(notes: Iterable[Note], beats_s: Sequence[float], grid: str) -> list[Note]:
    """Return ``notes`` with onsets and ends on the lines of ``grid``.

    The order of onsets stays, no note is shorter than a step, and of notes of one pitch that
    meet on a line the strongest stays. Doing it twice changes nothing.

    Raises:
        EngineError: ``grid_unknown`` or ``beats_invalid``.
    """
    if grid not in STEPS:
        raise EngineError(
            "grid_unknown", f"There is no grid {grid[:20]!r}.", f"Choose from {', '.join(STEPS)}."
        )
    ruler, steps = Ruler(beats_s), STEPS[grid]
    first = math.ceil(round(ruler.beat_at(0.0) * steps, 6))  # the first line that is not before 0
    placed: dict[tuple[int, int], tuple[int, Note]] = {}
    for note in notes:
        onset = max(first, round(ruler.beat_at(note.onset_s) * steps))
        end = max(onset + 1, round(ruler.beat_at(note.offset_s) * steps))
        rival = placed.get((onset, note.pitch))
        if rival is None or (note.strength, end) > (rival[1].strength, rival[0]):
            placed[onset, note.pitch] = (end, note)
    return sorted(
        Note(
            max(0.0, ruler.time_at(onset / steps)),
            ruler.time_at(end / steps),
            pitch,
            note.strength,
        )
        for (onset, pitch), (end, note) in placed.items()
    )


def _check(beats_s: Sequence[float]) -> None:
    apart = [b - a for a, b in itertools.pairwise(beats_s)]
    is_finite = all(math.isfinite(beat_s) for beat_s in beats_s)
    is_even = all(_SHORTEST_BEAT_S <= gap_s <= _LONGEST_BEAT_S for gap_s in apart)
    if len(beats_s) < 2 or not is_finite or beats_s[0] < 0 or not is_even:
        raise EngineError(
            "beats_invalid",
            "The beats must be two or more ascending times in seconds.",
            "Analyse the song's beats again, or do without them.",
        )
