"""A recording against itself: how like each other its bars are, in harmony and in timbre.

Foote's way (ICME 2000): the bars, or seconds where no bars are known, are compared pairwise; a
checkerboard along the diagonal tells where something new begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from soundforge.engines import beat_grid, mel, note_chroma, spectrum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Measure, Recording

    Kind: TypeAlias = Literal["bars", "beats", "seconds"]

MEASURES: Final[Mapping[str, Measure]] = {**note_chroma.MEASURES, "mel_db": mel.mel_db}

_MOST_UNITS: Final = 1500  # the matrix grows with the square: 9 MB
_FEWEST_BARS: Final = 4
_BEATS_PER_UNIT: Final = 2
_COEFFICIENTS: Final = 14  # of the timbre; the first, the level, is left out
_TIMBRE_WIDTH_DB: Final = 12.0  # mean distance of mel levels at which timbres are half alike
_COMPRESSION: Final = 0.5
_TIMBRE: Final = mel.cosines(_COEFFICIENTS)[:, 1:]


@dataclass(frozen=True, slots=True)
class SelfSimilarity:
    """What is compared, and how alike it is.

    Args:
        edges_s: Where the units begin, and the end of the last, ``(units + 1,)``.
        kind: What a unit is.
        likeness: Of any two units, 0..1, ``(units, units)``.
        level_db: Mean level of each unit, ``(units,)``.
    """

    edges_s: NDArray[np.float64]
    kind: Kind
    likeness: Matrix
    level_db: NDArray[np.float64]

    @property
    def unit_s(self) -> float:
        """The usual length of a unit."""
        return float(np.median(np.diff(self.edges_s)))


def self_similarity(recording: Recording) -> SelfSimilarity:
    """Compare a recording with itself; use it by way of `Recording.once`."""
    edges_s, kind = _units(recording)
    chroma = recording.once(note_chroma.note_chroma).treble
    harmony = _means([chroma], edges_s * note_chroma.FRAME_RATE_HZ) ** np.float32(_COMPRESSION)
    levels = _means(recording.columns["mel_db"], edges_s * spectrum.FRAME_RATE_HZ)
    timbre = levels @ _TIMBRE
    likeness = 0.5 * (_cosines(harmony) + _nearness(timbre / np.sqrt(mel.BANDS)))
    level_db = 10 * np.log10(np.maximum(np.mean(10 ** (levels / 10), axis=1), 1e-10))
    return SelfSimilarity(edges_s, kind, likeness.astype(np.float32), level_db.astype(np.float64))


def novelty(likeness: Matrix, half: int) -> NDArray[np.float64]:
    """Return how much each unit differs from what was before, -1..1, ``(units,)``.

    Args:
        likeness: See `SelfSimilarity`.
        half: How many units before and after are compared.
    """
    taper = np.exp(-0.5 * ((np.arange(-half, half) + 0.5) / (half / 2)) ** 2)
    sign = np.where(np.arange(-half, half) < 0, -1.0, 1.0)
    kernel = np.outer(taper * sign, taper * sign)
    kernel /= np.abs(kernel).sum() / 2
    # Beyond the ends everything is like the end: an end is no change.
    padded = np.pad(likeness, half, mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, (2 * half, 2 * half))
    at = np.arange(len(likeness))
    change: NDArray[np.float64] = np.einsum("nij,ij->n", views[at, at], kernel)
    return change


def _units(recording: Recording) -> tuple[NDArray[np.float64], Kind]:
    grid = beat_grid.grid(recording)
    kind: Kind = "seconds"
    starts_s = np.arange(0.0, recording.duration_s, 1.0)
    if len(grid.downbeats_s) >= _FEWEST_BARS:
        starts_s, kind = grid.downbeats_s, "bars"
    elif len(grid.beats_s):
        starts_s, kind = grid.beats_s[::_BEATS_PER_UNIT], "beats"
    starts_s = starts_s[:: -(-len(starts_s) // _MOST_UNITS) or 1]
    inner = starts_s[(starts_s > 0.25) & (starts_s < recording.duration_s - 0.25)]
    return np.concatenate([[0.0], inner, [recording.duration_s]]), kind


def _means(parts: Sequence[Matrix], edges: NDArray[np.float64]) -> Matrix:
    """Return the mean row between every two edges (in rows), part by part: memory stays flat."""
    total = sum(len(part) for part in parts)
    starts = np.minimum(np.round(edges[:-1]).astype(np.int64), total - 1)
    sums = np.zeros((len(starts), parts[0].shape[1]))
    unit = np.searchsorted(starts, np.arange(total), side="right") - 1
    at = 0
    for part in parts:
        here = unit[at : at + len(part)]
        first = np.flatnonzero(np.append(True, here[1:] != here[:-1]))
        sums[here[first]] += np.add.reduceat(part, first, axis=0)
        at += len(part)
    counts = np.maximum(np.bincount(unit, minlength=len(starts)), 1)
    means: Matrix = (sums / counts[:, None]).astype(np.float32)
    return means


def _cosines(rows: Matrix) -> Matrix:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit = rows / np.maximum(length, np.float32(1e-9))
    cosines: Matrix = unit @ unit.T
    return cosines


def _nearness(rows: Matrix) -> Matrix:
    """Return 1 for equal rows, a half at `_TIMBRE_WIDTH_DB` apart, 0 far away."""
    squares = np.square(rows).sum(axis=1)
    distance = np.maximum(squares[:, None] + squares - 2 * rows @ rows.T, 0)
    near: Matrix = np.exp2(-np.sqrt(distance) / np.float32(_TIMBRE_WIDTH_DB))
    return near
