"""The largest value and the mean around each value of a curve.

As in `scipy.ndimage`, whose import takes longer than all the curves of a song.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    _Number = TypeVar("_Number", bound=np.floating)


def maximum(curve: NDArray[_Number], width: int) -> NDArray[_Number]:
    """Return the largest of the ``width`` values around each, ``(n,)``; beyond the ends is none.

    Of an even ``width`` one value more lies before than after.
    """
    before = width // 2
    padded = np.pad(curve, (before, width - 1 - before), constant_values=-np.inf)
    largest: NDArray[_Number] = np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1)
    return largest


def mean(curve: NDArray[_Number], width: int) -> NDArray[_Number]:
    """Return the mean of the ``width`` values around each, ``(n,)``; the ends go on as they are."""
    before = width // 2
    padded = np.pad(curve, (before, width - 1 - before), mode="edge")
    sums = np.cumsum(np.append(0.0, padded), dtype=np.float64)
    return ((sums[width:] - sums[:-width]) / width).astype(curve.dtype)
