"""The bands of a Mel-Band RoFormer: which frequencies belong to which, and back.

Triangles as librosa makes them (Slaney's mel scale, from 0 Hz to half the rate); a band is where
its triangle is above zero. Neighbours overlap, so a frequency belongs to one band or two. Numbers
lie by frequency, then channel, then real and imaginary part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from soundforge.engines import mel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.stft import Samples, Spectra

_CHANNELS = 2
_TINY = 1e-12


class Bands:
    """The bands of a stereo spectrum.

    Args:
        count: How many.
        fft_size: Samples of a frame.
        sample_rate_hz: Of the recording.

    Attributes:
        widths: Real numbers of each band: four for each of its frequencies.
    """

    def __init__(self, count: int, fft_size: int, sample_rate_hz: int) -> None:
        members = [np.flatnonzero(row) for row in _members(count, fft_size, sample_rate_hz)]
        self.widths = [2 * _CHANNELS * len(bins) for bins in members]
        pairs = np.concatenate(members)[:, None] * _CHANNELS + np.arange(_CHANNELS)
        self._pairs = pairs.ravel()
        self._order = np.argsort(self._pairs, kind="stable")
        _, self._starts, self._counts = np.unique(
            self._pairs[self._order], return_index=True, return_counts=True
        )
        self._borders = np.concatenate([[0], np.cumsum(self.widths)])

    def cut(self, spectra: Spectra) -> Samples:
        """Take ``(2, frames, bins)`` to the bands side by side, each at the same level.

        Whatever its level, each band of each frame comes out with a mean square of 1, as the
        network's first step would have it; here it is done in float32, whatever the network
        computes in. Silence stays silence.
        """
        frames = spectra.shape[1]
        joined = np.ascontiguousarray(spectra.transpose(1, 2, 0)).reshape(frames, -1)
        numbers = joined.take(self._pairs, axis=1).view(np.float32)
        squares = np.add.reduceat(np.square(numbers), self._borders[:-1], axis=1)
        factors = np.sqrt(np.array(self.widths, np.float32)) / np.maximum(np.sqrt(squares), _TINY)
        levelled: Samples = numbers * np.repeat(factors.astype(np.float32), self.widths, axis=1)
        return levelled

    def join(self, masks: Samples) -> Spectra:
        """Take masks of the bands ``(frames, sum of widths)`` to one of all bins.

        Returns:
            ``(2, frames, bins)``; where bands overlap, the mean of what they say.
        """
        numbers = np.ascontiguousarray(masks).view(np.complex64).take(self._order, axis=1)
        sums = np.add.reduceat(numbers, self._starts, axis=1)
        sums /= self._counts.astype(np.float32)
        joined: Spectra = sums.reshape(len(masks), -1, _CHANNELS).transpose(2, 0, 1)
        return joined


def _members(count: int, fft_size: int, sample_rate_hz: int) -> NDArray[np.bool_]:
    """Return which bins belong to which band, ``(bands, bins)``."""
    bins_hz = np.fft.rfftfreq(fft_size, 1 / sample_rate_hz)
    belongs = mel.triangles(bins_hz, count, sample_rate_hz / 2).T > 0
    # The ends have no height in their triangle; the networks were trained with both.
    belongs[0, 0] = belongs[-1, -1] = True
    return belongs
