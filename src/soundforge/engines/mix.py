"""A recording as separation models want it: stereo, finite, at the model's rate."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import decode
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

# Above this a float file holds no audio; its square would leave the range of float32.
_MAX_SAMPLE: Final = 1e6
_H: Final = 0.5**0.5
# Left and right shares of each channel, in the order of WAV and FLAC (ITU-R BS.775: centre and
# surround at -3 dB, the low-frequency channel left out). Divided by their sum, so a full-scale
# source stays within full scale.
_SHARES: Final[dict[int, tuple[tuple[float, float], ...]]] = {
    3: ((1, 0), (0, 1), (_H, _H)),
    4: ((1, 0), (0, 1), (_H, 0), (0, _H)),
    5: ((1, 0), (0, 1), (_H, _H), (_H, 0), (0, _H)),
    6: ((1, 0), (0, 1), (_H, _H), (0, 0), (_H, 0), (0, _H)),
    7: ((1, 0), (0, 1), (_H, _H), (0, 0), (_H / 2, _H / 2), (_H, 0), (0, _H)),
    8: ((1, 0), (0, 1), (_H, _H), (0, 0), (_H, 0), (0, _H), (_H, 0), (0, _H)),
}


class Mix:
    """One recording, read as often as needed.

    Attributes:
        frames: Length at ``sample_rate_hz``, once the blocks are read to the end.
        expected_frames: The length the file declares, at ``sample_rate_hz``; None if unknown.
        source_rate_hz: The file's own rate.
        source_frames: Length at that rate, once the blocks are read to the end.
        mended_samples: How many samples were not numbers; they count as silence.
    """

    def __init__(self, path: Path, sample_rate_hz: int) -> None:
        self._path, self._rate_hz = path, sample_rate_hz
        self.frames = self.source_frames = self.mended_samples = 0
        with decode.open_what_is_there(path) as reader:
            self.source_rate_hz = reader.sample_rate_hz
            self.expected_frames = reader.frames and decode.resampled_frames(
                reader.frames, reader.sample_rate_hz, sample_rate_hz
            )

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield ``(n, 2)`` blocks.

        Raises:
            EngineError: ``no_audio`` (no frame at all), or what decoding raises.
        """
        self.frames = self.source_frames = self.mended_samples = 0
        with decode.open_what_is_there(self._path) as reader:
            stereo = (to_stereo(self._mend(block)) for block in self._counted(reader.blocks()))
            for block in decode.resample(stereo, reader.sample_rate_hz, self._rate_hz):
                self.frames += len(block)
                yield block
        if not self.frames:
            raise EngineError("no_audio", f"{self._path.name} holds no sound.", "Send a song.")
        if self.mended_samples:
            logger.warning("%d samples were not numbers: silence instead", self.mended_samples)

    def _counted(self, blocks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        for block in blocks:
            self.source_frames += len(block)
            yield block

    def _mend(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        with np.errstate(invalid="ignore"):
            is_broken = ~(np.abs(block) <= _MAX_SAMPLE)
        broken = int(np.count_nonzero(is_broken))
        if not broken:
            return block
        self.mended_samples += broken
        return np.where(is_broken, np.float32(0), block)


def to_stereo(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ``(n, channels)`` as ``(n, 2)``.

    Mono goes to both sides, stereo stays, 3 to 8 channels are mixed down by their places.
    More channels have no agreed places: the odd ones go left, the even ones right.
    """
    channels = block.shape[1]
    if channels == 1:
        return np.repeat(block, 2, axis=1)
    if channels == 2:
        return block
    shares = _SHARES.get(channels) or tuple(((1, 0), (0, 1))[i % 2] for i in range(channels))
    matrix = np.array(shares, np.float32)
    stereo: NDArray[np.float32] = block @ (matrix / matrix.sum(axis=0))
    return stereo
