"""Onsets, tempo and beats from mel levels: the classical way, vectorised.

The onset strength is spectral flux, the first tempo the strongest lag of an autocorrelation
tempogram under a prior around 120 BPM, the beats Ellis's dynamic programming (2007); all
with librosa's parameters. The tempo that counts is then the slope of the beats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from soundforge.engines import fourier, mel
from soundforge.engines.spectrum import FRAME_LENGTH, FRAME_RATE_HZ, HOP_LENGTH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix

    Curve: TypeAlias = NDArray[np.float64]
    Frames: TypeAlias = NDArray[np.intp]

_WINDOW: Final = int(8.0 * FRAME_RATE_HZ)  # of the tempogram: 8 s
_START_BPM: Final = 120.0
_MAX_BPM: Final = 320.0
_TIGHTNESS: Final = 100.0
_FLUX_DELAY: Final = 1 + FRAME_LENGTH // (2 * HOP_LENGTH)  # frames until a window is centred
_ROWS: Final = 1024


def onset_strength(mel_db: Sequence[Matrix]) -> Matrix:
    """Return how much louder the bands get from frame to frame, on average, in dB."""
    rises = [np.zeros(_FLUX_DELAY, np.float32)]
    before: Matrix | None = None
    for levels in mel.clipped(mel_db):
        joined = levels if before is None else np.concatenate([before, levels])
        rises.append(np.maximum(0, np.diff(joined, axis=0)).mean(axis=1))
        before = levels[-1:]
    frames = sum(len(levels) for levels in mel_db)
    return np.concatenate(rises)[:frames]


def periodicity(onset: Matrix) -> Curve:
    """Return the mean local autocorrelation by lag in frames; 1 at lag 0 if all is alive."""
    padded = np.pad(onset, _WINDOW // 2, mode="linear_ramp")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: len(onset)]
    hann = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    length = fourier.fast_length(2 * _WINDOW)
    # The transform is linear: average the normalised spectra, transform back once.
    spectrum = np.zeros(length // 2 + 1)
    for start in range(0, len(onset), _ROWS):
        rows = windows[start : start + _ROWS] * hann
        energy = np.square(rows).sum(axis=1)
        is_alive = energy > np.finfo(np.float32).tiny
        bins = fourier.rfft(rows[is_alive], length)
        spectrum += (1 / energy[is_alive]) @ (bins.real**2 + bins.imag**2)
    mean: Curve = fourier.irfft(spectrum, length)[:_WINDOW] / len(onset)
    return mean


def lag_tempo_bpm(mean_autocorrelation: Curve) -> float:
    """Return the tempo of the strongest lag, weighted by how usual a tempo is."""
    bpm = 60 * FRAME_RATE_HZ / np.arange(1, _WINDOW)
    prior = -0.5 * np.log2(bpm / _START_BPM) ** 2
    prior[bpm >= _MAX_BPM] = -np.inf
    strength = np.log1p(1e6 * np.maximum(mean_autocorrelation[1:], 0))
    return float(bpm[np.argmax(strength + prior)])


def track(onset: Matrix, tempo_bpm: float) -> Frames:
    """Return the frames of the beats: strong onsets, about one period apart; may be none."""
    if not onset.any():
        return np.zeros(0, np.intp)
    period = max(1, round(60 * FRAME_RATE_HZ / tempo_bpm))
    score = _local_score(onset, period)
    link, total = _chain(score, period)
    beats = [_last(total)]
    while link[beats[-1]] >= 0:
        beats.append(int(link[beats[-1]]))
    return _trim(np.array(beats[::-1], np.intp), score)


def regression(beats_s: Curve) -> tuple[float, float]:
    """Return the tempo in BPM and the variation of the beat intervals (0 = clockwork).

    The tempo is the slope of beat number against time, which averages the grid of the frames
    away; a missed beat counts as two. At least two beats are needed. The variation is the
    standard deviation of the interval between neighbours, as a share of it.
    """
    intervals = np.diff(beats_s)
    typical = np.median(intervals)
    steps = np.maximum(1, np.round(intervals / typical))
    number = np.concatenate([[0.0], np.cumsum(steps)])
    period_s = np.polyfit(number, beats_s, 1)[0]
    return float(60 / period_s), float(np.std(intervals / steps) / period_s)


def rise_db(onset: Matrix, frames: Frames) -> float:
    """Return the median onset strength at ``frames``, two frames either side allowed, in dB."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(onset, 2), 5)
    return float(np.median(around[frames].max(axis=1)))


def pulse(onset: Matrix, tempo_bpm: float) -> float:
    """Return how alike the onsets are one to four beats apart: 1 identical, 0 unrelated."""
    centred = onset.astype(np.float64) - onset.mean()
    length = fourier.fast_length(2 * len(centred))
    bins = fourier.rfft(centred, length)
    likeness = fourier.irfft(bins.real**2 + bins.imag**2, length)
    # Four, since the period of one beat may fall between two frames.
    lags = np.round(np.arange(1, 5) * 60 * FRAME_RATE_HZ / tempo_bpm).astype(int)
    lags = lags[lags < len(centred)]
    if not len(lags) or likeness[0] <= 0:
        return 0.0
    # A longer lag overlaps less: the mean per pair, not the sum, is compared.
    overlap = (len(centred) - lags) / len(centred)
    return float(np.clip((likeness[lags] / overlap).max() / likeness[0], 0.0, 1.0))


def _local_score(onset: Matrix, period: int) -> Curve:
    strength = onset.astype(np.float64) / (
        onset.std(ddof=min(1, len(onset) - 1)) + np.finfo(np.float32).tiny
    )
    bell = np.exp(-0.5 * (np.arange(-period, period + 1) * 32.0 / period) ** 2)
    score: Curve = np.convolve(strength, bell)[period : period + len(onset)]
    return score


def _chain(score: Curve, period: int) -> tuple[Frames, Curve]:
    """Link every frame to its best predecessor; return the links and the chains' scores.

    A predecessor lies at least half a period back, so half a period of frames depends only
    on what is known already and is computed at once.
    """
    lags = np.arange(max(1, round(period / 2)), 2 * period + 1)
    cost = _TIGHTNESS * np.log(lags / period) ** 2
    reach, step = int(lags[-1]), int(lags[0])
    total = np.full(reach + len(score), -np.inf)
    link = np.full(len(score), -1, np.intp)
    for start in range(0, len(score), step):
        here = np.arange(start, min(start + step, len(score)))
        candidates = total[reach + here[:, None] - lags] - cost
        best = candidates.argmax(axis=1)
        gain = candidates[np.arange(len(here)), best]
        is_linked = np.isfinite(gain)
        total[reach + here] = score[here] + np.where(is_linked, gain, 0)
        link[here[is_linked]] = here[is_linked] - lags[best[is_linked]]
    # No chain begins before the first frame that is worth anything.
    link[: np.argmax(score >= 0.01 * score.max())] = -1
    return link, total[reach:]


def _last(total: Curve) -> int:
    """Return where the last chain ends: the last peak above half the median peak."""
    rises = np.concatenate([[False], total[1:] > total[:-1]])
    holds = np.concatenate([total[:-1] >= total[1:], [True]])
    peaks = np.flatnonzero(rises & holds)
    if not len(peaks):
        return len(total) - 1
    worthy = peaks[total[peaks] >= 0.5 * np.median(total[peaks])]
    return int(worthy[-1])


def _trim(beats: Frames, score: Curve) -> Frames:
    """Drop the beats before the music starts and after it ends."""
    smooth = np.convolve(score[beats], np.hanning(5))[2 : 2 + len(score)]
    loud = np.flatnonzero(score > 0.5 * np.sqrt(np.mean(smooth**2)))
    if not len(loud):
        return beats[:0]
    kept: Frames = beats[(beats >= loud[0]) & (beats <= loud[-1])]
    return kept
