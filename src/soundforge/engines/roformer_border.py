"""The border of the RoFormer networks: samples to spectra, and back.

As ``torch.stft`` and ``torch.istft`` have them: frames centred, the ends reflected, a Hann window
both ways, divided by the sum of its squares. Always in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.fft

from soundforge.engines import stft

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.stft import Samples, Spectra


class Border:
    """The two ways for segments of one length.

    Args:
        samples: Length of a segment, a multiple of ``hop``.
        size: Samples of a frame.
        hop: Samples from frame to frame.
        threads: For the Fourier transforms.
    """

    def __init__(self, samples: int, size: int, hop: int, *, threads: int = 1) -> None:
        self._samples, self._size, self._hop = samples, size, hop
        self._threads = max(1, threads)
        self._frames = samples // hop + 1
        self._window = stft.hann(size)
        squares = np.broadcast_to(np.square(self._window), (1, self._frames, size))
        self._norm = self._overlapped(squares)

    def enter(self, mix: Samples) -> Spectra:
        """Take ``(2, samples)`` to ``(2, frames, bins)``."""
        half = self._size // 2
        padded = np.pad(mix, ((0, 0), (half, half)), mode="reflect")
        views = np.lib.stride_tricks.sliding_window_view(padded, self._size, axis=1)
        frames = views[:, :: self._hop] * self._window
        spectra: Spectra = scipy.fft.rfft(frames, axis=-1, workers=self._threads)
        return spectra

    def leave(self, spectra: Spectra) -> Samples:
        """Take ``(channels, frames, bins)`` to ``(channels, samples)``."""
        frames = scipy.fft.irfft(spectra, self._size, axis=-1, workers=self._threads)
        samples: Samples = self._overlapped(frames * self._window) / self._norm
        return samples

    def _overlapped(self, frames: NDArray[np.float32]) -> Samples:
        """Add frames where they lie: every n-th at once, n so large that those never meet."""
        apart = -(-self._size // self._hop)
        room = apart * self._hop
        total = np.zeros((len(frames), (self._frames + 2 * apart) * self._hop), np.float32)
        for first in range(apart):
            chosen = frames[:, first::apart]
            count = chosen.shape[1]
            wide = np.pad(chosen, ((0, 0), (0, 0), (0, room - self._size)))
            begin = first * self._hop
            total[:, begin : begin + count * room] += wide.reshape(len(frames), -1)
        half = self._size // 2
        return total[:, half : half + self._samples]
