"""How loud a recording is, and what of it is no sound at all; block by block."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Planes: TypeAlias = NDArray[np.float32]

#: A sample further out than this (+60 dBFS) is damage, like one that is no number.
LIMIT: Final = 1000.0

#: A recording that swings less than two steps of 16 bits holds dither, not music.
SILENCE: Final = 2.0**-14


@dataclass(slots=True)
class Level:
    """Running level over all channels, 1.0 being full scale.

    Attributes:
        samples: Samples heard, all channels counted.
        peak: Largest absolute sample.
        damaged_samples: Samples that were no number, or far out of range; heard as 0.
    """

    samples: int = 0
    peak: float = 0.0
    damaged_samples: int = 0
    _square_sum: float = 0.0
    _lowest: float = math.inf
    _highest: float = -math.inf

    def hear(self, planes: Planes) -> Planes:
        """Take in ``planes``, shape ``(channels, n)``; return them with damage silenced."""
        lowest, highest = float(planes.min()), float(planes.max())
        if not max(-lowest, highest) <= LIMIT:  # so written, "no number" is damage too
            is_damaged = ~(np.abs(planes) <= LIMIT)
            self.damaged_samples += int(is_damaged.sum())
            planes = np.where(is_damaged, np.float32(0), planes)
            lowest, highest = float(planes.min()), float(planes.max())
        self.samples += planes.size
        self.peak = max(self.peak, -lowest, highest)
        self._lowest = min(self._lowest, lowest)
        self._highest = max(self._highest, highest)
        self._square_sum += float(np.vdot(planes, planes))
        return planes

    @property
    def rms(self) -> float:
        """Root mean square of all samples; a full-scale square wave is 1, silence 0."""
        return math.sqrt(self._square_sum / self.samples) if self.samples else 0.0

    @property
    def is_silent(self) -> bool:
        """Whether there is nothing to hear: no swing, be it around zero or beside it."""
        return not self._highest - self._lowest > 2 * SILENCE
