"""The likeliest course of something that seldom changes: a key, a chord.

Viterbi's algorithm for states that all follow each other equally unlikely: staying is free,
any change costs the same, so a step needs the best state only and no table of transitions.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def steady_path(
    likelihood: NDArray[np.floating] | Iterable[NDArray[np.floating]],
    change_cost: NDArray[np.floating],
) -> NDArray[np.int64]:
    """Return the state of every frame, ``(frames,)``.

    Args:
        likelihood: Logarithm of how likely each state is, ``(frames, states)``; at least one. Or
            the same in blocks of frames: a bit for each number is kept.
        change_cost: What a change to this frame costs, in the same measure, ``(frames,)``.
    """
    blocks = [likelihood] if isinstance(likelihood, np.ndarray) else likelihood
    came_from = np.zeros(len(change_cost), np.int64)
    has_changed = []
    score = None
    frame = 0
    for block in blocks:
        is_change = np.zeros(block.shape, bool)
        for number, likely in enumerate(block):
            if score is None:
                score = likely.copy()
            else:
                best = int(score.argmax())
                changed = score[best] - change_cost[frame]
                np.less(score, changed, out=is_change[number])
                score = np.maximum(score, changed) + likely
                came_from[frame] = best
            frame += 1
        has_changed.append(np.packbits(is_change, axis=1))
    assert score is not None
    return _back(int(score.argmax()), came_from, np.concatenate(has_changed))


def _back(
    last: int, came_from: NDArray[np.int64], has_changed: NDArray[np.uint8]
) -> NDArray[np.int64]:
    path = np.empty(len(came_from), np.int64)
    path[-1] = last
    for frame in range(len(path) - 1, 0, -1):
        byte, bit = divmod(last, 8)
        if has_changed[frame, byte] >> (7 - bit) & 1:
            last = int(came_from[frame])
        path[frame - 1] = last
    return path


def runs(path: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return ``(first frame, end frame, state)`` of every stretch of ``path``."""
    changes = np.flatnonzero(path[1:] != path[:-1]) + 1
    edges = [0, *changes.tolist(), len(path)]
    return [(first, end, int(path[first])) for first, end in pairwise(edges) if end > first]
