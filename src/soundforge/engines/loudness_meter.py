"""Loudness as broadcasters measure it: K-weighted power, gated, and the true peak.

ITU-R BS.1770-5 for the integrated loudness and the true peak, EBU Tech 3342 for the range. The
meter hears every channel at the recording's own rate, and keeps ten numbers per second. It
filters by Fourier transform: `scipy.signal` alone takes longer to import than a song to measure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import fourier

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.level import Planes

STEPS_PER_S: Final = 10

_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_RANGE_GATE_LU: Final = -20.0
_OFFSET_LUFS: Final = -0.691
_MOMENTARY_STEPS: Final = 4
_SHORT_TERM_STEPS: Final = 30
_TRANSFORM: Final = 1 << 15
_ROWS: Final = 4  # transformed together: that is twice as fast as one by one
_LOWEST_RATE_HZ: Final = 4_000  # the weighting has its shelf at 1.7 kHz
_SURROUND: Final = {5: (1, 1, 1, 1.41, 1.41), 6: (1, 1, 1, 0, 1.41, 1.41)}

_TAPS: Final = 12  # per phase: 48 at four times the rate, as in the standard
_OVERSAMPLED_HZ: Final = 176_400


class LoudnessMeter:
    """Hears a recording; asks nothing back before the end."""

    def __init__(self, sample_rate_hz: int) -> None:
        self._is_able = sample_rate_hz >= _LOWEST_RATE_HZ
        self._step = max(1, round(sample_rate_hz / STEPS_PER_S))
        self._length = max(_TRANSFORM, 4 << (self._step - 1).bit_length())
        self._response = _response(sample_rate_hz, self._length) if self._is_able else None
        self._unheard: Planes | None = None  # the last step, which still sounds, and what is new
        self._power = np.zeros(0, np.float32)
        self._steps: list[NDArray[np.float64]] = []
        self._peak = _TruePeak(sample_rate_hz)

    def hear(self, planes: Planes) -> None:
        """Take in the next samples, shape ``(channels, n)``."""
        self._peak.hear(planes)
        if not self._is_able or not planes.size:
            return
        if self._unheard is None:
            self._unheard = np.zeros((len(planes), self._step), np.float32)
        self._unheard = np.concatenate([self._unheard, planes], axis=1)
        segments = -(-_ROWS // len(planes))
        whole = self._step + segments * (self._length - self._step)
        while self._unheard.shape[1] >= whole:
            self._weigh(whole)

    def _weigh(self, count: int) -> None:
        """Weight what was not yet heard, up to ``count`` samples, by overlap and save.

        What the filter answers to is over after a step: the high-pass fades by 200 dB in 100 ms.
        """
        if self._unheard is None or self._response is None:
            return
        hop = self._length - self._step
        missing = (self._step - count) % hop
        padded = self._unheard[:, :count]
        if missing:
            padded = np.pad(padded, ((0, 0), (0, missing)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, self._length, axis=1)
        spectrum = fourier.rfft(windows[:, ::hop])
        spectrum *= self._response
        answered = fourier.irfft(spectrum, self._length)[..., self._step :]
        weighted = answered.reshape(len(padded), -1)[:, : count - self._step]
        self._unheard = self._unheard[:, count - self._step :]
        gains = np.array(_SURROUND.get(len(weighted), (1,) * len(weighted)), np.float32)
        power = np.concatenate([self._power, gains @ np.square(weighted)])
        whole = len(power) // self._step * self._step
        steps = power[:whole].reshape(-1, self._step)
        self._steps.append(steps.mean(axis=1, dtype=np.float64))
        self._power = power[whole:]

    @property
    def momentary_lufs(self) -> NDArray[np.float64]:
        """Loudness of every 400 ms, ten times per second; -inf in silence."""
        return _lufs(self._blocks(_MOMENTARY_STEPS))

    @property
    def integrated_lufs(self) -> float | None:
        """Loudness of the whole; None when no 400 ms of it are louder than -70 LUFS."""
        power = self._blocks(_MOMENTARY_STEPS)
        power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
        if not len(power):
            return None
        power = power[_lufs(power) > _lufs(power.mean()) + _RELATIVE_GATE_LU]
        return float(_lufs(power.mean()))

    @property
    def range_lu(self) -> float | None:
        """Loudness range: how far loud and soft passages lie apart; None below three seconds."""
        power = self._blocks(_SHORT_TERM_STEPS)
        power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
        if not len(power):
            return None
        levels = _lufs(power)
        levels = levels[levels > _lufs(power.mean()) + _RANGE_GATE_LU]
        low, high = np.percentile(levels, [10, 95])
        return float(high - low)

    @property
    def true_peak_dbtp(self) -> float | None:
        """Peak of the wave between the samples too; 0 is full scale, None is silence."""
        return 20 * math.log10(self._peak.value) if self._peak.value > 0 else None

    def _blocks(self, steps: int) -> NDArray[np.float64]:
        if self._unheard is not None and self._unheard.shape[1] > self._step:
            self._weigh(self._unheard.shape[1])
        powers = np.concatenate([np.zeros(0), *self._steps])
        sums = np.cumsum(np.append(0.0, powers))
        means: NDArray[np.float64] = np.maximum(sums[steps:] - sums[:-steps], 0) / steps
        return means


class _TruePeak:
    """The largest value of the oversampled wave, sought only where samples are large.

    An inter-sample peak lies beside the largest sample around it, so that only the summits of
    at least half the peak so far are interpolated.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        factor = max(1, -(-_OVERSAMPLED_HZ // max(1, sample_rate_hz)))
        self._phases = _interpolators(min(4, factor))
        self._tail: Planes | None = None
        self.value = 0.0

    def hear(self, planes: Planes) -> None:
        if not planes.size:
            return
        if self._tail is None:
            self._tail = np.zeros((len(planes), _TAPS), np.float32)
        joined = np.concatenate([self._tail, planes], axis=1)
        self._tail = joined[:, -_TAPS:]
        self.value = max(self.value, float(np.abs(planes).max()))
        for plane in joined:
            self._seek(plane)

    def _seek(self, plane: NDArray[np.float32]) -> None:
        height = np.abs(plane)
        half = _TAPS // 2
        # From half a window in: what comes later was the end of the block before, or waits.
        inner = height[half:-half]
        at = np.flatnonzero(inner >= 0.5 * self.value) + half
        here, left, right = height[at], height[at - 1], height[at + 1]
        at = at[(here >= left) & (here >= right) & ((here > left) | (here > right))]
        if not len(at):
            return
        windows = np.lib.stride_tricks.sliding_window_view(plane, _TAPS)
        for first in (at - half, at - half + 1):  # the gaps before and after the summit
            between = windows[first] @ self._phases
            self.value = max(self.value, float(np.abs(between).max()))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        lufs: NDArray[np.float64] = _OFFSET_LUFS + 10 * np.log10(power)
    return lufs


def _weighting(rate_hz: int) -> tuple[tuple[float, ...], ...]:
    """Return the K-weighting as second-order sections, numerator and denominator.

    The first is a shelf for the head, the second a high-pass.

    The standard gives coefficients at 48 kHz; the analogue filters behind them are De Man's
    (2014), and at 48 kHz they are the same.
    """
    k, q = math.tan(math.pi * 1681.974450955533 / rate_hz), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    shelf = (
        (high + middle * k / q + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - middle * k / q + k * k) / a0,
        *(1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0),
    )
    k, q = math.tan(math.pi * 38.13547087602444 / rate_hz), 0.5003270373238773
    a0 = 1 + k / q + k * k
    high_pass = (1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0)
    return shelf, high_pass


def _response(rate_hz: int, length: int) -> NDArray[np.complex64]:
    """Return what the K-weighting does to each bin of a real transform of ``length``."""
    delay = np.exp(-2j * np.pi * np.arange(length // 2 + 1) / length)
    powers = np.stack([np.ones_like(delay), delay, delay**2])
    response = np.ones_like(delay)
    for section in _weighting(rate_hz):
        response *= (np.array(section[:3]) @ powers) / (np.array(section[3:]) @ powers)
    single: NDArray[np.complex64] = response.astype(np.complex64)
    return single


def _interpolators(factor: int) -> NDArray[np.float32]:
    """Return ``(12, factor)``: the wave at ``factor`` places between the middle two samples."""
    places = np.arange(factor) / factor
    offset = np.arange(_TAPS)[:, None] - (_TAPS // 2 - 1) - places
    width = _TAPS / 2
    window = np.where(
        np.abs(offset) < width,
        np.i0(6 * np.sqrt(np.maximum(0, 1 - (offset / width) ** 2))) / np.i0(6),
        0,
    )
    return (np.sinc(offset) * window).astype(np.float32)
