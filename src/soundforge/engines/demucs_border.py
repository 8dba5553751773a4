"""The border of the Demucs networks: samples to what the core takes, and back.

STFT with 4096 samples, Hann, hop 1024, scaled by 1/64; complex numbers become two channels; the
Nyquist bin is left out. Always in float32, whatever precision the core runs in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.fft

from soundforge.engines import stft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.stft import Samples

SIZE: Final = 4096
HOP: Final = 1024
BINS: Final = SIZE // 2
_PAD: Final = HOP // 2 * 3
_SCALE: Final = SIZE**0.5  # "normalized" in torch's words
_OVERLAP: Final = SIZE // HOP
_POWER: Final = 1.5  # the sum of four squared Hann windows
_TINY: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Level:
    """Mean and deviation of the spectra and of the samples that were taken out."""

    mean: float
    std: float
    mean_t: float
    std_t: float


class Border:
    """The two ways for segments of one length.

    Args:
        samples: Length of a segment.
        threads: For the Fourier transforms.
        is_old: The padding of the first hybrid networks (``hybrid_old``).
    """

    def __init__(self, samples: int, *, threads: int = 1, is_old: bool = False) -> None:
        self.samples, self.frames = samples, math.ceil(samples / HOP)
        self._threads, self._is_old = max(1, threads), is_old
        self._window = stft.hann(SIZE)

    def enter(self, mix: Samples) -> tuple[Samples, Samples, Level]:
        """Return ``x`` (1, 4, 2048, T), ``xt`` (1, 2, L) and what was taken out of them."""
        spectra = self._spectra(mix)
        x = np.empty((1, 4, BINS, self.frames), np.float32)
        for channel in range(2):
            x[0, 2 * channel] = spectra[channel].real.T
            x[0, 2 * channel + 1] = spectra[channel].imag.T
        mean, std = _moments(x)
        mean_t, std_t = _moments(mix)
        x -= np.float32(mean)
        x /= np.float32(_TINY + std)
        xt = (mix - np.float32(mean_t)) / np.float32(_TINY + std_t)
        return x, np.ascontiguousarray(xt[None]), Level(mean, std, mean_t, std_t)

    def leave(self, x: Samples, xt: Samples, level: Level) -> Samples:
        """Return the stems ``(sources, 2, L)`` of what the core made."""
        sources = xt.shape[1] // 2
        parts = x.reshape(sources, 2, 2, BINS, self.frames)
        parts_t = xt.reshape(sources, 2, self.samples)
        stems = np.empty_like(parts_t)
        for at, stem in enumerate(stems):  # one by one: spectra are large
            stem[:] = self._samples(self._complex(parts[at], level))
            stem += parts_t[at] * np.float32(level.std_t)
            stem += np.float32(level.mean_t)
        return stems

    def _complex(self, parts: Samples, level: Level) -> NDArray[np.complex64]:
        """Return the spectra ``(2, frames, bins + 1)`` of a stem's real and imaginary parts."""
        spectra = np.zeros((2, self.frames, BINS + 1), np.complex64)
        spectra.real[..., :BINS] = parts[:, 0].transpose(0, 2, 1)
        spectra.imag[..., :BINS] = parts[:, 1].transpose(0, 2, 1)
        spectra[..., :BINS] *= np.float32(level.std)
        spectra[..., :BINS] += np.complex64(complex(level.mean, level.mean))
        return spectra

    def _spectra(self, mix: Samples) -> NDArray[np.complex64]:
        right = _PAD + self.frames * HOP - self.samples
        padded = _pad(mix, _PAD, right, is_reflected=not self._is_old)
        views = np.lib.stride_tricks.sliding_window_view(padded, SIZE, axis=1)
        frames = views[:, ::HOP][:, : self.frames] * (self._window / np.float32(_SCALE))
        spectra: NDArray[np.complex64] = scipy.fft.rfft(frames, axis=-1, workers=self._threads)
        return spectra[..., :-1]

    def _samples(self, spectra: NDArray[np.complex64]) -> Samples:
        frames = scipy.fft.irfft(spectra, SIZE, workers=self._threads, overwrite_x=True)
        frames *= self._window * np.float32(_SCALE / _POWER)
        channels = len(frames)
        parts = frames.reshape(channels, self.frames, _OVERLAP, HOP)
        total = np.zeros((channels, self.frames + _OVERLAP, HOP), np.float32)
        for part in range(_OVERLAP):
            total[:, part : part + self.frames] += parts[:, :, part]
        if self._is_old:  # where the frame before the first would have been, as published
            total[:, 0] *= _POWER / (_POWER - np.square(self._window[-HOP:]))
        skipped = 0 if self._is_old else _PAD
        return total.reshape(channels, -1)[:, skipped : skipped + self.samples]


def _pad(mix: Samples, left: int, right: int, *, is_reflected: bool) -> Samples:
    """Pad as the networks learned it: reflected, after zeros when there is too little."""
    if not is_reflected:
        return np.pad(mix, ((0, 0), (left, right)))
    missing = max(0, max(left, right) - mix.shape[1] + 1)
    zeros_right = min(right, missing)
    zeros_left = missing - zeros_right
    mix = np.pad(mix, ((0, 0), (zeros_left, zeros_right)))
    return np.pad(mix, ((0, 0), (left - zeros_left, right - zeros_right)), mode="reflect")


def _moments(values: Samples) -> tuple[float, float]:
    """Return mean and sample deviation, summed in double."""
    mean = float(values.mean(dtype=np.float64))
    if values.size < 2:
        return mean, float("nan")
    squares = np.square(values - np.float32(mean)).sum(dtype=np.float64)
    return mean, math.sqrt(float(squares) / (values.size - 1))
