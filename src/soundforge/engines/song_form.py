"""The form of a song: where its sections begin, which are alike, and what to call them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from soundforge.engines import running
from soundforge.engines.self_similarity import novelty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix
    from soundforge.engines.self_similarity import SelfSimilarity

    Name: TypeAlias = Literal["intro", "verse", "chorus", "outro"]

_COMPARED_S: Final = 12.0  # before and after a border
_FEWEST_UNITS: Final = 4
_MOST_UNITS: Final = 32
_LEAST_NOVELTY: Final = 0.04  # noise and drones stay below 0.02 (measured)
_CLEAR_NOVELTY: Final = 0.15
_SHORTEST_S: Final = 4.0

_LEAST_LIKENESS: Final = 0.75
_LEAST_OVERLAP: Final = 0.6

_EDGE_LONGEST_S: Final = 30.0  # of an intro or outro
_EDGE_SOFTER_DB: Final = 2.0
_CHORUS_LOUDER_DB: Final = 1.0


@dataclass(frozen=True, slots=True)
class Section:
    """Units ``first`` up to ``end``, alike to all others of the same ``letter``.

    Args:
        novelty: How much differs from what was before, 0..1; of the first section 1.
        level_db: Mean level.
        name: What it seems to be; None where nothing speaks for a name.
    """

    first: int
    end: int
    letter: str
    novelty: float
    level_db: float
    name: Name | None = None


def sections(of: SelfSimilarity) -> list[Section]:
    """Return the sections of a recording in turn; one alone where nothing changes."""
    half = int(np.clip(round(_COMPARED_S / of.unit_s), _FEWEST_UNITS, _MOST_UNITS))
    change = novelty(of.likeness, half)
    edges = [0, *_borders(change, of, half), len(of.likeness)]
    letters = _letters(list(pairwise(edges)), of.likeness)
    found = [
        Section(
            first,
            end,
            letter,
            min(1.0, float(change[first]) / _CLEAR_NOVELTY) if first else 1.0,
            float(of.level_db[first:end].mean()),
        )
        for (first, end), letter in zip(pairwise(edges), letters, strict=True)
    ]
    return _named(found, of)


def _borders(change: NDArray[np.float64], of: SelfSimilarity, half: int) -> list[int]:
    is_peak = (change == running.maximum(change, half + 1)) & (change >= _LEAST_NOVELTY)
    chosen: list[int] = []
    for at in sorted(np.flatnonzero(is_peak).tolist(), key=lambda at: -change[at]):
        times_s = [0.0, of.edges_s[-1], *(of.edges_s[other] for other in chosen)]
        if min(abs(of.edges_s[at] - time_s) for time_s in times_s) >= _SHORTEST_S:
            chosen.append(at)
    return sorted(chosen)


def _letters(spans: list[tuple[int, int]], likeness: Matrix) -> list[str]:
    """Give every span the letter of the earlier one it is most like, or a new one."""
    usual, high = np.percentile(likeness, [50, 97])
    threshold = max(_LEAST_LIKENESS, (usual + high) / 2)
    numbers: list[int] = []
    for place, span in enumerate(spans):
        scores = [_alike(spans[earlier], span, likeness) for earlier in range(place)]
        best = int(np.argmax(scores)) if scores else -1
        is_known = best >= 0 and scores[best] >= threshold
        numbers.append(numbers[best] if is_known else max(numbers, default=-1) + 1)
    return [_letter(number) for number in numbers]


def _alike(one: tuple[int, int], other: tuple[int, int], likeness: Matrix) -> float:
    """Return the mean likeness of two spans laid upon each other where they fit best."""
    block = likeness[slice(*one), slice(*other)]
    least = max(1, int(_LEAST_OVERLAP * min(block.shape)))
    offsets = range(least - block.shape[0], block.shape[1] - least + 1)
    means = (float(np.diagonal(block, offset).mean()) for offset in offsets)
    return max(means, default=0.0)


def _letter(number: int) -> str:
    """Return A to Z, then A2 to Z2, and so on."""
    turn, place = divmod(number, 26)
    return f"{chr(ord('A') + place)}{turn + 1 if turn else ''}"


def _named(found: list[Section], of: SelfSimilarity) -> list[Section]:
    """Name what the level and the repetition speak for, and nothing else."""
    by_letter = _choruses(found, of)
    named = [replace(one, name=by_letter.get(one.letter)) for one in found]
    if len(named) > 2:
        middle_db = float(np.median([one.level_db for one in found]))
        if _is_edge(named[0], named, of, middle_db):
            named[0] = replace(named[0], name="intro")
        if _is_edge(named[-1], named, of, middle_db):
            named[-1] = replace(named[-1], name="outro")
    return named


def _choruses(found: list[Section], of: SelfSimilarity) -> dict[str, Name]:
    """Name the louder of the repeated sections chorus, the first of the others verse."""
    letters = [one.letter for one in found]
    repeated = [letter for letter in dict.fromkeys(letters) if letters.count(letter) > 1]
    if len(repeated) < 2:
        return {}
    levels_db = {letter: _level_db(found, letter, of) for letter in repeated}
    loudest, next_db = max(repeated, key=levels_db.__getitem__), sorted(levels_db.values())[-2]
    if levels_db[loudest] - next_db < _CHORUS_LOUDER_DB:
        return {}
    verse = next(letter for letter in repeated if letter != loudest)
    return {loudest: "chorus", verse: "verse"}


def _is_edge(one: Section, found: Sequence[Section], of: SelfSimilarity, middle_db: float) -> bool:
    """Return whether a section is short, softer than the rest and not repeated."""
    is_short = of.edges_s[one.end] - of.edges_s[one.first] <= _EDGE_LONGEST_S
    is_soft = one.level_db <= middle_db - _EDGE_SOFTER_DB
    return bool(is_short and is_soft) and [s.letter for s in found].count(one.letter) == 1


def _level_db(found: Sequence[Section], letter: str, of: SelfSimilarity) -> float:
    units = [of.level_db[one.first : one.end] for one in found if one.letter == letter]
    return float(np.concatenate(units).mean())
