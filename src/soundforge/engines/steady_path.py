"""The likeliest course of something that seldom changes: a key, a chord.

Viterbi's algorithm for states that all follow each other equally unlikely: staying is free,
any change costs the same, so a step needs the best state only and no table of transitions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def steady_path(
    likelihood: NDArray[np.floating], change_cost: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return the state of every frame, ``(frames,)``.

    Args:
        likelihood: Logarithm of how likely each state is, ``(frames, states)``; at least one.
        change_cost: What a change to this frame costs, in the same measure, ``(frames,)``.
    """
    count, states = likelihood.shape
    stay = np.arange(states)
    score = likelihood[0].copy()
    before = np.zeros((count, states), np.int16)
    for frame in range(1, count):
        best = int(score.argmax())
        changed = score[best] - change_cost[frame]
        before[frame] = np.where(score >= changed, stay, best)
        score = np.maximum(score, changed) + likelihood[frame]
    path = np.empty(count, np.int64)
    path[-1] = score.argmax()
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = before[frame, path[frame]]
    return path


def runs(path: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return ``(first frame, end frame, state)`` of every stretch of ``path``."""
    changes = np.flatnonzero(path[1:] != path[:-1]) + 1
    edges = [0, *changes.tolist(), len(path)]
    return [(first, end, int(path[first])) for first, end in pairwise(edges) if end > first]
