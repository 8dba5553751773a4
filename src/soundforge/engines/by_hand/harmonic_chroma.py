"""Chroma from constant-Q magnitudes, plain and as CENS, on average.

CENS: M. Müller, S. Ewert, "Chroma toolbox", ISMIR 2011: shares of a frame's energy, quantised in
steps, smoothed over a second and scaled to length 1, with librosa's parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import constant_q
from soundforge.engines.by_hand import mono
from soundforge.engines.spectrum import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.spectrum import Matrix, Samples

_PIECE: Final = 60 * SAMPLE_RATE_HZ  # heard at a time: memory stays flat
_STEPS: Final = (0.4, 0.2, 0.1, 0.05)
_STEP_WEIGHT: Final = 0.25
_SMOOTH_FRAMES: Final = 41
_PER_SEMITONE: Final = 3
_TINY: Final = 1e-10


def means(path: Path, tuning: float) -> dict[str, list[float]]:
    """Return ``cqt`` and ``cens``, twelve numbers each from C, 0..1.

    Args:
        path: The recording, of a second at least.
        tuning: Its distance from A = 440 Hz in semitones.
    """
    sums, frames = np.zeros((2, 12)), 0
    for samples in _pieces(path):
        folded = fold(constant_q.magnitudes(samples, tuning * _PER_SEMITONE))
        largest = folded / np.maximum(folded.max(axis=1, keepdims=True), _TINY)
        sums += largest.sum(axis=0), cens(folded).sum(axis=0)
        frames += len(folded)
    cqt, smooth = sums / max(1, frames)
    return {"cqt": cqt.tolist(), "cens": smooth.tolist()}


def fold(magnitudes: Matrix) -> NDArray[np.float64]:
    """Return the sum over the octaves, ``(frames, 12)``; a semitone has a bin on either side."""
    semitones = np.roll(magnitudes, 1, axis=1).reshape(len(magnitudes), -1, 12, _PER_SEMITONE)
    folded: NDArray[np.float64] = semitones.sum(axis=(1, 3), dtype=np.float64)
    return folded


def cens(folded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the chroma energy, normalised statistics, ``(frames, 12)``, each of length 1 or 0."""
    shares = folded / np.maximum(folded.sum(axis=1, keepdims=True), _TINY)
    steps = _STEP_WEIGHT * np.sum([shares > step for step in _STEPS], axis=0)
    window = np.hanning(_SMOOTH_FRAMES + 2)
    window /= window.sum()
    smooth = np.stack(
        [np.convolve(column, window)[len(window) // 2 :][: len(steps)] for column in steps.T],
        axis=1,
    )
    length = np.linalg.norm(smooth, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = smooth / np.maximum(length, _TINY)
    return scaled


def _pieces(path: Path) -> Iterator[Samples]:
    waiting: list[Samples] = []
    for block in mono.blocks(path):
        waiting.append(block)
        if sum(map(len, waiting)) >= _PIECE:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)
