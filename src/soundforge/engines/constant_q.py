"""Constant-Q magnitudes, seven octaves from C1 with three bins to the semitone.

Each bin hears about 52 periods of its frequency, so all octaves look alike when each is heard
at half the rate of the one above: one bank of filters serves them all. The highest bins would
hear less than two hops; they are read off a short spectrum and lose their phase. Scale, filters
and frames are those of librosa's ``hybrid_cqt``, which the chord networks were taught with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from soundforge.engines import fourier
from soundforge.engines.spectrum import BIN_HZ, FRAME_LENGTH, HOP_LENGTH, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.spectrum import Matrix, Samples

BINS: Final = 252
PER_OCTAVE: Final = 36
LOWEST_HZ: Final = 440 * 2 ** (-45 / 12)  # C1

_STEP: Final = 2 ** (2 / PER_OCTAVE)
_PERIODS: Final = (_STEP + 1) / (_STEP - 1)
_WINDOW: Final = 512  # of the filters, each at its own rate
_SHORT: Final = 1024  # of the spectrum for the highest bins
_TAPS: Final = 14  # on the odd samples; what is heard lies below a fifth of the halved band
_BETA: Final = 10.0
_BATCH: Final = 1024  # frames
_TINY: Final = np.float32(1e-20)
_TUNING_EVERY: Final = 8  # frames


def magnitudes(samples: Samples, tuning: float = 0.0) -> Matrix:
    """Return ``(frames, 252)``, a frame per 512 samples, the first centred on the first sample.

    Args:
        samples: Mono at 22,050 Hz; one at least.
        tuning: How far the recording lies from A = 440 Hz, in bins (thirds of a semitone).
    """
    hz = LOWEST_HZ * 2 ** ((np.arange(BINS) + tuning) / PER_OCTAVE)
    frames = 1 + len(samples) // HOP_LENGTH
    found = np.empty((frames, BINS), np.float32)
    long = int(np.searchsorted(hz, _PERIODS * SAMPLE_RATE_HZ / (_SHORT // 2)))
    found[:, long:] = _short(samples, hz[long:] / SAMPLE_RATE_HZ)
    heard, hop, rate_hz = samples, HOP_LENGTH, float(SAMPLE_RATE_HZ)
    for stop in range(long, 0, -PER_OCTAVE):
        start = max(0, stop - PER_OCTAVE)
        heard, hop, rate_hz = _halved(heard), hop // 2, rate_hz / 2
        found[:, start:stop] = _octave(heard, hop, hz[start:stop] / rate_hz, frames)
    return found


def tuning(samples: Samples) -> float:
    """Return how far ``samples`` lie from A = 440 Hz in bins, -0.5 to 0.5; 0 if unknown.

    The commonest deviation among the stronger half of the spectral peaks, as in librosa.
    """
    padded = np.pad(samples, FRAME_LENGTH // 2)
    frames = sliding_window_view(padded, FRAME_LENGTH)[:: HOP_LENGTH * _TUNING_EVERY]
    power = np.square(np.abs(fourier.rfft(frames * _hann(FRAME_LENGTH).astype(np.float32))))
    here, below, above = power[:, 1:-1], power[:, :-2], power[:, 2:]
    is_peak = (here > below) & (here >= above) & (here > 0.01 * power.max(axis=1, keepdims=True))
    at = np.nonzero(is_peak & (BIN_HZ[1:-1] > 150) & (BIN_HZ[1:-1] < 4000))
    heights = here[at]
    if not len(heights):
        return 0.0
    # A Hann window's peak is nearly a parabola, on a logarithmic scale.
    y, left, right = (np.log(part[at] + _TINY) for part in (here, below, above))
    shift = (right - left) / (2 * (2 * y - left - right) + _TINY)
    places = PER_OCTAVE * np.log2((at[1] + 1 + shift) * BIN_HZ[1] / 440)
    deviation = (places - np.round(places))[heights >= np.median(heights)]
    counts, edges = np.histogram(deviation, np.linspace(-0.5, 0.5, 101))
    return float(edges[counts.argmax()])


def _octave(heard: Samples, hop: int, cycles: NDArray[np.float64], frames: int) -> Matrix:
    """Return the magnitudes of filters at ``cycles`` per sample, scaled as at the full rate."""
    padded = np.pad(heard, (_WINDOW // 2, _WINDOW // 2 + hop))
    views = sliding_window_view(padded, _WINDOW)[::hop][:frames]
    bank = _bank(cycles, _WINDOW) * np.sqrt(_PERIODS / cycles * HOP_LENGTH / hop)
    both = np.concatenate([bank.real, bank.imag], axis=1).astype(np.float32)
    found = np.empty((frames, len(cycles)), np.float32)
    for at in range(0, frames, _BATCH):
        parts = np.ascontiguousarray(views[at : at + _BATCH]) @ both
        real, imaginary = parts[:, : len(cycles)], parts[:, len(cycles) :]
        np.hypot(real, imaginary, out=found[at : at + _BATCH])
    return found


def _short(samples: Samples, cycles: NDArray[np.float64]) -> Matrix:
    """Return the magnitudes of filters of at most 512 samples, from magnitudes alone."""
    bank = _bank(cycles, _SHORT) * (_PERIODS / cycles) / _SHORT**1.5
    weights = np.abs(np.fft.fft(bank, axis=0)[: _SHORT // 2 + 1]).astype(np.float32)
    padded = np.pad(samples, _SHORT // 2)
    views = sliding_window_view(padded, _SHORT)[::HOP_LENGTH]
    window = _hann(_SHORT).astype(np.float32)
    found = np.empty((len(views), len(cycles)), np.float32)
    for at in range(0, len(views), _BATCH):
        spectra = fourier.rfft(views[at : at + _BATCH] * window)
        np.matmul(np.abs(spectra), weights, out=found[at : at + _BATCH])
    return found


def _bank(cycles: NDArray[np.float64], window: int) -> NDArray[np.complex128]:
    """Return a filter for each of ``cycles`` per sample, ``(window, filters)``, of weight 1."""
    bank = np.zeros((window, len(cycles)), np.complex128)
    for column, one in enumerate(cycles):
        half = _PERIODS / one / 2
        times = np.arange(np.floor(-half), np.floor(half))
        envelope = _hann(len(times))
        first = (window - len(times)) // 2
        turns = np.exp(2j * np.pi * one * times) * envelope / envelope.sum()
        bank[first : first + len(times), column] = turns
    return bank


def _halved(samples: Samples) -> Samples:
    """Return every second sample, what lies above the halved band taken off.

    A half-band filter: of the even samples it needs the middle one only.
    """
    even, odd = samples[::2], samples[1::2]
    around = np.convolve(odd, _HALF_BAND) if len(odd) else np.zeros(1, np.float32)
    around = np.pad(around, (0, _TAPS))[_TAPS // 2 - 1 :][: len(even)]
    halved: Samples = np.float32(0.5) * even + around
    return halved


def _hann(length: int) -> NDArray[np.float64]:
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window


def _half_band() -> NDArray[np.float32]:
    places = np.arange(_TAPS) - _TAPS / 2 + 0.5  # in samples of the halved rate
    taps = np.sinc(places) * np.kaiser(2 * _TAPS + 1, _BETA)[1::2]
    single: NDArray[np.float32] = (0.5 * taps / taps.sum()).astype(np.float32)
    return single


_HALF_BAND: Final = _half_band()
