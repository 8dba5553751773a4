"""One stem while it is being made: its raw samples, its chunks, its peaks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import soundfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

PEAKS_PER_S: Final = 100
BLOCK_FRAMES: Final = 1 << 17
CHANNELS: Final = 2
_FRAME_BYTES: Final = CHANNELS * 4
# libFLAC's level 3 of 8: files 1 % larger than level 5, written in half the time.
_COMPRESSION: Final = 3 / 8


class Track:
    """One stem of a `StemWriter`.

    Args:
        out_dir: An existing folder.
        stem: Its name.
        sample_rate_hz: Of the samples.
        chunk_s: Length of a chunk in seconds; 0 for no chunks.

    Attributes:
        chunks: How many chunks there are.
        frames: How many frames were written.
        loudest: The largest sample so far.
    """

    def __init__(self, out_dir: Path, stem: str, sample_rate_hz: int, *, chunk_s: int) -> None:
        self.stem, self.peaks_name, self.chunks, self.loudest = stem, f"{stem}.peaks", 0, 0.0
        self.frames = 0
        self._out_dir, self._rate_hz = out_dir, sample_rate_hz
        self._raw_path = out_dir / f".{stem}.f32"
        self._raw: Any = self._raw_path.open("ab")
        self._peaks: list[Samples] = []
        self._peak_count = 0
        self._rest = np.zeros(0, np.float32)
        self._chunk_folder = out_dir / stem if chunk_s else None
        self._chunk_frames = chunk_s * sample_rate_hz
        self._waiting = np.zeros((0, CHANNELS), np.float32)
        self._peaks_shown = 0
        if self._chunk_folder:
            self._chunk_folder.mkdir(exist_ok=True)
            self._peaks_path.unlink(missing_ok=True)

    def write(self, block: Samples) -> None:
        """Append a block ``(n, 2)``."""
        block = np.ascontiguousarray(block, np.float32)
        self._raw.write(block)
        self._follow(block)

    def _follow(self, block: Samples) -> None:
        self.frames += len(block)
        self._take_peaks(block)
        if self._chunk_folder:
            self._waiting = np.concatenate([self._waiting, block])
            while len(self._waiting) >= self._chunk_frames:
                self._write_chunk(self._waiting[: self._chunk_frames])
                self._waiting = self._waiting[self._chunk_frames :]
                self._show_peaks()

    def flush(self) -> None:
        """Make what was written safe on disk."""
        self._raw.flush()
        os.fsync(self._raw.fileno())

    def frames_on_disk(self) -> int:
        """Return how many frames the raw file has."""
        return self._raw_path.stat().st_size // _FRAME_BYTES

    def resume(self, frames: int) -> None:
        """Read again what is there: peaks and chunks follow from it."""
        self._raw.truncate(frames * _FRAME_BYTES)
        self._peaks_path.unlink(missing_ok=True)
        for block in self.raw_blocks(BLOCK_FRAMES):
            self._follow(block)
        if self._chunk_folder:
            self._forget_chunks_after(self.chunks)

    def close(self) -> None:
        """End the last peak and the last chunk."""
        if len(self._rest):
            self._peaks.append(self._rest.max(keepdims=True))
        if len(self._waiting):
            self._write_chunk(self._waiting)
        self._raw.close()

    def release(self) -> None:
        """Let go of the raw file, whatever state it is in."""
        self._raw.close()

    def raw_blocks(self, frames: int) -> Iterator[Samples]:
        """Yield what was written, in blocks of ``frames``."""
        with self._raw_path.open("rb") as file:
            while len(block := np.fromfile(file, np.float32, frames * CHANNELS)):
                yield block.reshape(-1, CHANNELS)

    def discard_raw(self) -> None:
        """Remove the raw file."""
        self._raw_path.unlink()

    def finish_peaks(self, gain: float) -> None:
        """Write the peaks file."""
        content = _as_bytes(np.concatenate(self._peaks) * np.float32(gain))
        write_durably(self._peaks_path, lambda part: _write_bytes(part, content))

    def finish_chunks(self, gain: float) -> None:
        """Write the chunks again, now that the gain is known; nothing to do when there is none."""
        if gain < 1:
            self.chunks = 0
            for block in self.raw_blocks(self._chunk_frames):
                self._write_chunk(block * np.float32(gain))

    @property
    def _peaks_path(self) -> Path:
        return self._out_dir / self.peaks_name

    def _show_peaks(self) -> None:
        """Let those who listen already see as far as they can hear."""
        with self._peaks_path.open("ab") as file:
            file.writelines(map(_as_bytes, self._peaks[self._peaks_shown :]))
        self._peaks_shown = len(self._peaks)

    def _take_peaks(self, block: Samples) -> None:
        loudness = np.concatenate([self._rest, np.abs(block).max(axis=1)])
        # Peak n begins at the n-th hundredth of a second, which need not be a whole frame.
        begins = self._peak_count * self._rate_hz // PEAKS_PER_S
        count = ((begins + len(loudness) + 1) * PEAKS_PER_S - 1) // self._rate_hz
        edges = np.arange(self._peak_count, count + 1) * self._rate_hz // PEAKS_PER_S - begins
        whole = loudness[: edges[-1]]
        self._peaks.append(np.maximum.reduceat(whole, edges[:-1]) if len(whole) else whole)
        self._peak_count, self._rest = count, loudness[edges[-1] :]
        self.loudest = max(self.loudest, float(loudness.max(initial=0)))

    def _write_chunk(self, block: Samples) -> None:
        """Write the next chunk, whole or not at all for those who listen.

        Not safe on disk: what goes on after a stop makes the chunks again from the raw samples,
        and who gives the finished folder its place syncs all that is in it.
        """
        path = self._chunk_path(self.chunks)
        part = path.with_name(f".{path.name}.part")
        with open_flac(part, self._rate_hz, "PCM_16") as file:
            file.write(quantize(block, 16).astype(np.int16))
        part.replace(path)
        self.chunks += 1

    def _chunk_path(self, number: int) -> Path:
        assert self._chunk_folder is not None
        return self._chunk_folder / f"{number:05}.flac"

    def _forget_chunks_after(self, count: int) -> None:
        """Remove what an earlier attempt had beyond, or cut into chunks of another length."""
        assert self._chunk_folder is not None
        kept = {self._chunk_path(number) for number in range(count)}
        for path in self._chunk_folder.iterdir():
            if path not in kept:
                path.unlink()


def quantize(samples: Samples, bits: int) -> NDArray[np.int32]:
    """Return floats as integers of ``bits``, rounded and clipped.

    Here and not in libsndfile, which multiplies by 2^n - 1 and so changes the level, and
    wraps what is too loud.
    """
    full = 1 << (bits - 1)
    integers: NDArray[np.int32] = np.clip(
        np.rint(samples * np.float64(full)), -full, full - 1
    ).astype(np.int32)
    return integers


def _as_bytes(peaks: Samples) -> bytes:
    return np.clip(np.rint(peaks * 255), 0, 255).astype(np.uint8).tobytes()


def open_flac(path: Path, sample_rate_hz: int, subtype: str) -> Any:
    """Open a FLAC file for integers of ``subtype``."""
    return soundfile.SoundFile(
        path,
        "w",
        sample_rate_hz,
        CHANNELS,
        subtype=subtype,
        format="FLAC",
        compression_level=_COMPRESSION,
    )


def write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make the file under another name; give it its name when it is safe on disk."""
    part = path.with_name(f".{path.name}.part")
    write(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows does not open folders
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
