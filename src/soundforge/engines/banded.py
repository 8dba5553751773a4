"""Filter banks: products with matrices that are mostly zeros, each column a narrow band."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.spectrum import Matrix

_COLUMNS: Final = 16  # multiplied together: fewer are too small for BLAS, more hold more zeros


class FilterBank:
    """Bands that follow one another, a few of them multiplied at a time.

    Args:
        weights: Shape ``(bins, bands)``, neighbouring bands over neighbouring bins.
    """

    def __init__(self, weights: NDArray[np.floating]) -> None:
        self.bands: Final = weights.shape[1]
        self._parts: list[tuple[slice, slice, Matrix]] = []
        for first in range(0, self.bands, _COLUMNS):
            columns = slice(first, min(first + _COLUMNS, self.bands))
            used = np.flatnonzero(weights[:, columns].any(axis=1))
            bins = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
            part = np.ascontiguousarray(weights[bins, columns], np.float32)
            self._parts.append((columns, bins, part))

    def of(self, rows: Matrix) -> Matrix:
        """Return ``rows @ weights``, ``(rows, bands)``."""
        product = np.empty((len(rows), self.bands), np.float32)
        for columns, bins, part in self._parts:
            np.matmul(rows[:, bins], part, out=product[:, columns])
        return product
