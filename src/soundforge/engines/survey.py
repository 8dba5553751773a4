"""One look over the whole mix before the work: its length, its level, what identifies it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.mix import Mix


@dataclass(frozen=True, slots=True)
class Survey:
    """What a mix is like as a whole.

    Args:
        frames: Length.
        mean: Mean of the mono mix.
        std: Its sample deviation.
        digest: Hash of the samples: the same for the same audio in any file.
        loudest: The loudest stretch, ``(2, n)``.
        quietest: The quietest stretch that is not silent, ``(2, n)``.
    """

    frames: int
    mean: float
    std: float
    digest: str
    loudest: NDArray[np.float32]
    quietest: NDArray[np.float32]


def survey(mix: Mix, stretch: int) -> Survey:
    """Read ``mix`` once through; compare stretches of ``stretch`` samples side by side.

    Raises:
        EngineError: As `Mix.blocks`.
    """
    digest = hashlib.blake2b(digest_size=32)
    sums = np.zeros(2)
    stretches = _Stretches(stretch)
    frames = 0
    for block in mix.blocks():
        block = np.ascontiguousarray(block)
        digest.update(block.data)
        mono = block.mean(axis=1, dtype=np.float64)
        sums += mono.sum(), np.square(mono).sum()
        frames += len(block)
        stretches.push(block.T)
    stretches.finish()
    mean = float(sums[0]) / frames
    variance = max(0.0, (float(sums[1]) - frames * mean * mean) / max(1, frames - 1))
    mix.expected_frames = frames
    return Survey(
        frames, mean, math.sqrt(variance), digest.hexdigest(), stretches.loudest, stretches.quietest
    )


class _Stretches:
    def __init__(self, length: int) -> None:
        self._current = np.zeros((2, length), np.float32)
        self._filled = 0
        self._loudest, self._quietest = 0.0, math.inf
        self.loudest = self.quietest = self._current

    def push(self, samples: NDArray[np.float32]) -> None:
        while samples.shape[1]:
            room = self._current.shape[1] - self._filled
            part, samples = samples[:, :room], samples[:, room:]
            self._current[:, self._filled : self._filled + part.shape[1]] = part
            self._filled += part.shape[1]
            if self._filled == self._current.shape[1]:
                self.finish()

    def finish(self) -> None:
        """Judge the stretch at hand and begin another."""
        power = float(np.square(self._current).mean(dtype=np.float64))
        if power > self._loudest:
            self._loudest, self.loudest = power, self._current
        if 1e-10 < power < self._quietest:
            self._quietest, self.quietest = power, self._current
        self._current = np.zeros_like(self._current)
        self._filled = 0
