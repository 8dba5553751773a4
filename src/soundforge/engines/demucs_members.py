"""Which networks of a model the wanted stems need, and which of their sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from soundforge.engines.published import FileWeights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples


@dataclass(frozen=True, slots=True)
class Member:
    """One network that must run.

    Args:
        network: Its name in the installed weights.
        sources: Which of its sources are wanted.
        places: Where they go among the wanted stems.
    """

    network: str
    sources: tuple[int, ...]
    places: tuple[int, ...]


def needed(task: Task) -> tuple[Member, ...]:
    """Return the networks of a model that count for the wanted stems."""
    assert isinstance(task.model.weights, FileWeights)
    members = []
    for file in task.model.weights.files:
        counts_for = file.stems or task.model.stems
        if made := [stem for stem in task.stems if stem in counts_for]:
            sources = tuple(task.model.stems.index(stem) for stem in made)
            members.append(Member(file.network, sources, tuple(map(task.stems.index, made))))
    return tuple(members)


def times(members: Sequence[Member], stems: int) -> Samples:
    """Return how many of ``members`` make each of ``stems``, ``(stems, 1, 1)``."""
    counted = np.zeros((stems, 1, 1), np.float32)
    for member in members:
        counted[list(member.places)] += 1
    return counted
