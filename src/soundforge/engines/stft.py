"""Short-time Fourier transform and back, over a stream of any length.

Periodic Hann window, centred frames with silence before the start and after the end, as
`torch.stft(center=True, pad_mode="constant")`. What is taken apart here is put together
again without delay and with the same number of samples (J. Allen, "Short term spectral
analysis, synthesis, and modification by discrete Fourier transform", 1977).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Spectra = NDArray[np.complex64]
State = dict[str, NDArray[Any]]


class Analyzer:
    """Samples ``(channels, n)`` in, spectra ``(channels, frames, size // 2 + 1)`` out."""

    def __init__(self, size: int, hop: int, channels: int, threads: int = 1) -> None:
        self._size, self._hop, self._threads = size, hop, threads
        self._window = hann(size)
        self._pending: Samples = np.zeros((channels, size // 2), np.float32)
        self.taken = 0

    def push(self, samples: Samples) -> Spectra:
        """Return the frames that ``samples`` complete; maybe none."""
        self.taken += samples.shape[1]
        return self._frames(samples)

    def finish(self) -> Spectra:
        """Return the last frames: ``ceil(taken / hop) + 1`` come out in all."""
        rest = self._size // 2 + -self.taken % self._hop
        return self._frames(np.zeros((len(self._pending), rest), np.float32))

    def state(self) -> State:
        """Return what a later `restore` needs to go on from here."""
        return {"pending": self._pending, "taken": np.array(self.taken)}

    def restore(self, state: State) -> None:
        """Go on from where `state` was called."""
        self._pending, self.taken = state["pending"], int(state["taken"])

    def _frames(self, samples: Samples) -> Spectra:
        self._pending = np.concatenate([self._pending, samples], axis=1)
        count = max(0, (self._pending.shape[1] - self._size) // self._hop + 1)
        if not count:
            return np.zeros((len(self._pending), 0, self._size // 2 + 1), np.complex64)
        views = np.lib.stride_tricks.sliding_window_view(self._pending, self._size, axis=1)
        frames = views[:, : count * self._hop : self._hop] * self._window
        self._pending = self._pending[:, count * self._hop :]
        spectra: Spectra = scipy.fft.rfft(frames, axis=-1, workers=self._threads)
        return spectra


class Synthesizer:
    """Spectra in, samples out: the inverse of `Analyzer`."""

    def __init__(self, size: int, hop: int, channels: int, threads: int = 1) -> None:
        self._size, self._hop, self._threads = size, hop, threads
        self._window = hann(size)
        self._overlap = size // hop
        self._sum: Samples = np.zeros((channels, self._overlap - 1, hop), np.float32)
        self._norm: Samples = np.zeros((self._overlap - 1, hop), np.float32)
        self._skip = size // 2

    def push(self, spectra: Spectra) -> Samples:
        """Return the samples that no later frame will change."""
        channels, count, _ = spectra.shape
        frames = scipy.fft.irfft(spectra, self._size, axis=-1, workers=self._threads)
        parts = (frames * self._window).reshape(channels, count, self._overlap, self._hop)
        weight = (self._window**2).reshape(self._overlap, self._hop)
        total = np.pad(self._sum, ((0, 0), (0, count), (0, 0)))
        norm = np.pad(self._norm, ((0, count), (0, 0)))
        for part in range(self._overlap):
            total[:, part : part + count] += parts[:, :, part]
            norm[part : part + count] += weight[part]
        self._sum, self._norm = total[:, count:], norm[count:]
        return self._out(total[:, :count], norm[:count])

    def finish(self) -> Samples:
        """Return what is left; longer than the signal by the padding of its end."""
        return self._out(self._sum, self._norm)

    def state(self) -> State:
        """Return what a later `restore` needs to go on from here."""
        return {"sum": self._sum, "norm": self._norm, "skip": np.array(self._skip)}

    def restore(self, state: State) -> None:
        """Go on from where `state` was called."""
        self._sum, self._norm, self._skip = state["sum"], state["norm"], int(state["skip"])

    def _out(self, total: Samples, norm: Samples) -> Samples:
        levelled = (total / np.maximum(norm, np.float32(1e-8))).astype(np.float32, copy=False)
        samples = levelled.reshape(len(total), -1)
        skipped = min(self._skip, samples.shape[1])
        self._skip -= skipped
        return samples[:, skipped:]


def hann(size: int) -> NDArray[np.float32]:
    """Return the periodic Hann window."""
    window: NDArray[np.float32] = np.hanning(size + 1)[:-1].astype(np.float32)
    return window
