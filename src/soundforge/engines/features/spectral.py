"""Spectral shape: where the energy lies (centroid, rolloff), how it spreads, how noisy it is.

The definitions are librosa's, so that the numbers can be compared.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.feature import NO_SUMMARY, Feature, Finding, summary
from soundforge.engines.spectrum import BIN_HZ, FRAME_LENGTH, HOP_LENGTH

if TYPE_CHECKING:
    from soundforge.engines.feature import Matrix, Recording
    from soundforge.engines.spectrum import Block

_FLOOR: Final = np.float32(1e-10)
_ROLLOFF: Final = np.float32(0.85)
_GROUP: Final = 32
_OCTAVES_HZ: Final = (0.0, *(200.0 * 2**k for k in range(7)))
_QUANTILE: Final = 0.02
_RANGE_DB: Final = 80.0
_SILENT_SAMPLE: Final = 1e-10
_BINS_HZ: Final = BIN_HZ.astype(np.float32)
_MOMENTS: Final = np.stack([np.ones_like(BIN_HZ), BIN_HZ, BIN_HZ**2], axis=1).astype(np.float32)


def centroid_and_bandwidth(block: Block) -> Matrix:
    """Return mean and standard deviation of the frequency, in Hz, ``(frames, 2)``.

    The magnitudes are the weights; a silent frame is 0, 0.
    """
    moments = block.magnitude @ _MOMENTS
    weight = np.maximum(moments[:, 0], np.finfo(np.float32).tiny)
    centroid = moments[:, 1] / weight
    variance = moments[:, 2] / weight - np.square(centroid)
    return np.stack([centroid, np.sqrt(np.maximum(variance, 0))], axis=1)


def rolloff(block: Block) -> Matrix:
    """Return the frequency, in Hz, below which 85 % of the magnitude lies, ``(frames,)``."""
    # In two steps, the group of bins and the bin in it: most bins are added up once and no more.
    grouped = block.magnitude[:, :-1].reshape(len(block.magnitude), -1, _GROUP)
    below = np.cumsum(grouped.sum(axis=2), axis=1)
    wanted = _ROLLOFF * (below[:, -1] + block.magnitude[:, -1])
    group = np.minimum(np.count_nonzero(below < wanted[:, None], axis=1), below.shape[1] - 1)
    row = np.arange(len(grouped))
    before = np.where(group > 0, below[row, group - 1], 0)
    inside = before[:, None] + np.cumsum(grouped[row, group], axis=1)
    bins = group * _GROUP + np.count_nonzero(inside < wanted[:, None], axis=1)
    hz: Matrix = _BINS_HZ[bins]
    return hz


def flatness(block: Block) -> Matrix:
    """Return geometric by arithmetic mean of the power: 1 is white, 0 a tone; ``(frames,)``."""
    power = np.maximum(block.power, _FLOOR)
    flat: Matrix = np.exp(np.log(power).mean(axis=1)) / power.mean(axis=1)
    return flat


def peaks_and_valleys(block: Block) -> Matrix:
    """Return the strongest and the weakest 2 % of each octave, in dB, ``(frames, 14)``."""
    columns = []
    for first, last, few in _BANDS:
        ordered = np.sort(block.magnitude[:, first:last], axis=1)  # quicker than a partition
        columns.append((ordered[:, -few:].mean(axis=1), ordered[:, :few].mean(axis=1)))
    peaks, valleys = (np.stack(side, axis=1) for side in zip(*columns, strict=True))
    level: Matrix = 10 * np.log10(np.maximum(np.concatenate([peaks, valleys], axis=1), _FLOOR))
    return level


def zero_crossing_rate(block: Block) -> Matrix:
    """Return the share of samples at which the sign changes, 0..1, ``(frames,)``."""
    is_negative = block.samples[block.real] < -_SILENT_SAMPLE
    is_crossing = np.zeros(len(block.samples), np.bool_)
    is_crossing[block.real][1:] = is_negative[1:] != is_negative[:-1]
    # The first sample of a frame has no predecessor in it.
    first = is_crossing[: len(block.frames) * HOP_LENGTH : HOP_LENGTH]
    return (block.framewise_sum(is_crossing) - first) / np.float32(FRAME_LENGTH)


def extract(recording: Recording) -> Finding:
    """Return mean and standard deviation over the frames of each curve; None in silence.

    Keys: ``centroid_hz``, ``rolloff_hz``, ``bandwidth_hz``, ``contrast_db`` (7 octave bands
    from 0 Hz up), ``flatness``, ``zero_crossing_rate``.
    """
    centroid, bandwidth = recording.column("centroid_and_bandwidth").T
    curves = {
        "centroid_hz": centroid,
        "rolloff_hz": recording.column("rolloff"),
        "bandwidth_hz": bandwidth,
        "contrast_db": _contrast(recording.column("peaks_and_valleys")).T,
        "flatness": recording.column("flatness"),
        "zero_crossing_rate": recording.column("zero_crossing_rate"),
    }
    is_silent = recording.level.is_silent
    value = {name: NO_SUMMARY if is_silent else summary(curve) for name, curve in curves.items()}
    return Finding(value, curves)


def _contrast(peaks_and_valleys: Matrix) -> Matrix:
    peaks, valleys = np.split(peaks_and_valleys, 2, axis=1)
    valleys = np.maximum(valleys, valleys.max() - _RANGE_DB)
    contrast: Matrix = np.maximum(peaks, peaks.max() - _RANGE_DB) - valleys
    return contrast


def _bands() -> tuple[tuple[int, int, int], ...]:
    """Return first bin, end bin and size of 2 % of each octave, split as librosa does."""
    bands = []
    for number, (low, high) in enumerate(pairwise(_OCTAVES_HZ)):
        inside = np.flatnonzero((low <= BIN_HZ) & (high >= BIN_HZ))
        is_top = number == len(_OCTAVES_HZ) - 2
        first = int(inside[0]) - (number > 0)
        last = len(BIN_HZ) if is_top else int(inside[-1])
        size = last - first + (not is_top)
        bands.append((first, last, max(1, round(_QUANTILE * size))))
    return tuple(bands)


_BANDS: Final = _bands()

FEATURE: Final = Feature(
    "Spectrum",
    {
        "centroid_and_bandwidth": centroid_and_bandwidth,
        "rolloff": rolloff,
        "flatness": flatness,
        "peaks_and_valleys": peaks_and_valleys,
        "zero_crossing_rate": zero_crossing_rate,
    },
    extract,
)
