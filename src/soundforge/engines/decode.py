"""Any audio file as a stream of float blocks: the one place where engines open audio.

Decoding happens block by block, so memory does not grow with the length of the file. Only
engine processes import this module: a hostile file then harms a process that can be thrown
away, never the server.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any, Final, Self

from soundforge.engines.formats import containers
from soundforge.engines.reader import BLOCK_FRAMES, truncated, undecodable
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from soundforge.engines.reader import AudioReader

_NEXT_STEP: Final = "Send a song as MP3, WAV, FLAC, OGG, Opus, M4A, AAC or AIFF."


def open_audio(path: Path) -> AudioReader:
    """Open an audio file by its content; its name does not matter.

    Raises:
        EngineError: ``file_missing``, ``not_audio`` (empty, or none of the formats we read),
            ``file_truncated`` (the container promises more bytes than there are),
            ``codec_unsupported`` or ``decode_failed``.
    """
    container = _container(path)
    if containers.is_cut_short(path, container):
        raise truncated(path)
    return _open(path, container, is_end_needed=True)


def open_what_is_there(path: Path) -> AudioReader:
    """Open an audio file whose end may be missing: its blocks then end early, without an error.

    For a file that was accepted with a warning. M4A and AAC are opened only when whole.

    Raises:
        EngineError: As `open_audio`.
    """
    return _open(path, _container(path), is_end_needed=False)


def _container(path: Path) -> containers.Container:
    if not path.is_file():
        raise EngineError("file_missing", f"There is no file {path.name}.", "Send it again.")
    container = containers.sniff(path)
    if container is None:
        raise EngineError("not_audio", f"{path.name} is not an audio file we can read.", _NEXT_STEP)
    return container


def _open(path: Path, container: containers.Container, *, is_end_needed: bool) -> AudioReader:
    if container in ("M4A", "AAC"):
        from soundforge.engines.formats import aac  # only now: most songs need none of it

        return aac.open_aac(path, container)
    return _SoundFileReader(path, is_end_needed=is_end_needed)


class _SoundFileReader:
    """WAV, FLAC, Ogg, MP3 and AIFF, by libsndfile."""

    def __init__(self, path: Path, *, is_end_needed: bool) -> None:
        import soundfile

        self._path, self._is_end_needed = path, is_end_needed
        # A descriptor, not a name: soundfile would trust the suffix of some names.
        self._file = path.open("rb", buffering=0)
        try:
            self._sound: Any = soundfile.SoundFile(self._file.fileno(), closefd=False)
        except (soundfile.LibsndfileError, TypeError) as error:
            self._file.close()
            raise undecodable(path, error) from error
        # After each read soundfile would seek to where it is, which fails, and loses the last
        # block, in a FLAC stream of unknown length.
        self._sound.seekable = lambda: False
        self.sample_rate_hz = int(self._sound.samplerate)
        self.channels = int(self._sound.channels)
        declared = int(self._sound.frames)
        # libsndfile says "unknown" with the largest number it has.
        self.frames = declared if 0 <= declared < 1 << 60 else None
        self.format = str(self._sound.format)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._sound.close()
        self._file.close()

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[NDArray[np.float32]]:
        import soundfile

        read = 0
        try:
            while len(block := self._sound.read(frames, dtype="float32", always_2d=True)):
                read += len(block)
                yield block
        except soundfile.LibsndfileError as error:
            if not self._is_at_end():
                raise undecodable(self._path, error) from error
            if self._is_end_needed:
                raise truncated(self._path) from error
        # The other formats count by estimate, or were measured before by their container.
        is_short = self.format == "FLAC" and self.frames and read < self.frames
        if is_short and self._is_end_needed:
            raise truncated(self._path)

    def _is_at_end(self) -> bool:
        return (
            os.lseek(self._file.fileno(), 0, os.SEEK_CUR) == os.fstat(self._file.fileno()).st_size
        )


def resample(
    blocks: Iterable[NDArray[np.float32]], from_hz: int, to_hz: int
) -> Iterator[NDArray[np.float32]]:
    """Yield ``blocks`` at another sample rate, in the same time (no delay).

    The sum of the frames is ``resampled_frames(n, from_hz, to_hz)`` exactly. The method is
    soxr's band-limited interpolation, quality HQ.
    """
    if from_hz == to_hz:
        yield from blocks
        return
    import numpy as np
    import soxr

    iterator = iter(blocks)
    first = next(iterator, None)
    if first is None:
        return
    channels = first.shape[1]
    stream = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32", quality="HQ")
    taken = made = 0
    for block in itertools.chain([first], iterator):
        taken += len(block)
        out = stream.resample_chunk(np.ascontiguousarray(block))
        out = out[: resampled_frames(taken, from_hz, to_hz) - made]
        made += len(out)
        if len(out):
            yield out
    out = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)
    missing = resampled_frames(taken, from_hz, to_hz) - made
    out = np.pad(out[:missing], ((0, max(0, missing - len(out))), (0, 0)))
    if len(out):
        yield out


def resampled_frames(frames: int, from_hz: int, to_hz: int) -> int:
    """Return how many frames `resample` makes of ``frames``: rounded up, so none becomes none.

    A single frame never disappears.
    """
    return -(-frames * to_hz // from_hz)
