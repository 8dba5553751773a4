"""Stems on disk: masters, chunks to hear while it runs, and peaks to draw.

Memory stays flat: the stems go to raw float files first. Only at the end is it known how loud
they get, so only then do the masters get their one common gain. One gain for all: the stems
still add up to the mix.
"""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import soundfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

Format: TypeAlias = Literal["flac", "wav"]

CHUNK_S: Final = 10
PEAKS_PER_S: Final = 100
_CHANNELS: Final = 2
_BLOCK_FRAMES: Final = 1 << 17
# libFLAC's level 3 of 8: files 1 % larger than level 5, written in half the time.
_COMPRESSION: Final = 3 / 8


@dataclass(frozen=True, slots=True)
class WrittenStem:
    """One finished stem and its files, all in the output folder."""

    stem: str
    file_name: str
    size_bytes: int
    sha256: str
    peaks_name: str
    chunks: int


class StemWriter:
    """Write the stems of one separation into ``out_dir``.

    Args:
        out_dir: An existing folder.
        stems: The stems to keep; others given to `write` are left out.
        sample_rate_hz: Rate of the stems; a multiple of 100.
        form: ``flac`` for 24-bit FLAC with a common gain, ``wav`` for float WAV as it comes.
        has_chunks: Whether to write ``<stem>/00000.flac`` … of 10 s each as it goes. While it
            runs they have no gain, and what is too loud is clipped; at the end they get the
            masters' gain.
    """

    def __init__(
        self,
        out_dir: Path,
        stems: Sequence[str],
        sample_rate_hz: int,
        *,
        form: Format = "flac",
        has_chunks: bool = False,
    ) -> None:
        self._out_dir, self._rate_hz, self._form = out_dir, sample_rate_hz, form
        self._has_chunks = has_chunks
        self._tracks = {
            stem: _Track(out_dir, stem, sample_rate_hz, has_chunks=has_chunks) for stem in stems
        }
        self.frames = 0
        self.gain = 1.0

    @property
    def ready_s(self) -> float:
        """How many seconds can be played from chunks now."""
        return float(min(track.chunks for track in self._tracks.values()) * CHUNK_S)

    def write(self, stems: Mapping[str, Samples]) -> None:
        """Append one block ``(n, 2)`` to every stem."""
        for stem, track in self._tracks.items():
            track.write(stems[stem])
        self.frames += len(stems[next(iter(self._tracks))])

    def finish(self, *, threads: int = 1) -> list[WrittenStem]:
        """Write the masters and the peaks; return what there is now.

        Afterwards `gain` is what every stem was multiplied with: 1.0, or less so that the
        loudest sample of all stems is full scale.
        """
        tracks = list(self._tracks.values())
        for track in tracks:
            track.close()
        loudest = max(track.loudest for track in tracks)
        if self._form == "flac" and loudest > 1:
            self.gain = 1 / loudest
        with ThreadPoolExecutor(max(1, min(threads, len(tracks)))) as pool:
            written = list(pool.map(self._finish, tracks))
        _sync_folder(self._out_dir)
        return written

    def _finish(self, track: _Track) -> WrittenStem:
        name = f"{track.stem}.{self._form}"
        path = self._out_dir / name
        if self._form == "flac":
            _write_durably(path, lambda part: self._write_flac(part, track))
        else:
            _write_durably(path, lambda part: self._write_wav(part, track))
        track.finish_peaks(self.gain)
        if self._has_chunks:
            track.finish_chunks(self.gain)
        track.discard_raw()
        return WrittenStem(
            stem=track.stem,
            file_name=name,
            size_bytes=path.stat().st_size,
            sha256=_sha256(path),
            peaks_name=track.peaks_name,
            chunks=track.chunks,
        )

    def _write_flac(self, path: Path, track: _Track) -> None:
        with _open_flac(path, self._rate_hz, "PCM_24") as file:
            for block in track.raw_blocks(_BLOCK_FRAMES):
                file.write(quantize(block * np.float32(self.gain), 24) << 8)

    def _write_wav(self, path: Path, track: _Track) -> None:
        with soundfile.SoundFile(
            path, "w", self._rate_hz, _CHANNELS, subtype="FLOAT", format="WAV"
        ) as file:
            for block in track.raw_blocks(_BLOCK_FRAMES):
                file.write(block)


class _Track:
    """One stem while it is being made."""

    def __init__(self, out_dir: Path, stem: str, sample_rate_hz: int, *, has_chunks: bool) -> None:
        assert sample_rate_hz % PEAKS_PER_S == 0
        self.stem, self.peaks_name, self.chunks, self.loudest = stem, f"{stem}.peaks", 0, 0.0
        self._out_dir, self._rate_hz = out_dir, sample_rate_hz
        self._raw_path = out_dir / f".{stem}.f32"
        self._raw: Any = self._raw_path.open("wb")
        self._bin = sample_rate_hz // PEAKS_PER_S
        self._peaks: list[Samples] = []
        self._rest = np.zeros(0, np.float32)
        self._chunk_folder = out_dir / stem if has_chunks else None
        self._waiting = np.zeros((0, _CHANNELS), np.float32)
        self._peaks_shown = 0
        if self._chunk_folder:
            self._chunk_folder.mkdir(exist_ok=True)
            self._peaks_path.unlink(missing_ok=True)

    def write(self, block: Samples) -> None:
        block = np.ascontiguousarray(block, np.float32)
        self._raw.write(block)
        self._take_peaks(block)
        if self._chunk_folder:
            self._waiting = np.concatenate([self._waiting, block])
            while len(self._waiting) >= CHUNK_S * self._rate_hz:
                self._write_chunk(self._waiting[: CHUNK_S * self._rate_hz])
                self._waiting = self._waiting[CHUNK_S * self._rate_hz :]
                self._show_peaks()

    def close(self) -> None:
        if len(self._rest):
            self._peaks.append(self._rest.max(keepdims=True))
        if len(self._waiting):
            self._write_chunk(self._waiting)
        self._raw.close()

    def raw_blocks(self, frames: int) -> Iterator[Samples]:
        with self._raw_path.open("rb") as file:
            while len(block := np.fromfile(file, np.float32, frames * _CHANNELS)):
                yield block.reshape(-1, _CHANNELS)

    def discard_raw(self) -> None:
        self._raw_path.unlink()

    def finish_peaks(self, gain: float) -> None:
        content = _as_bytes(np.concatenate(self._peaks) * np.float32(gain))
        _write_durably(self._peaks_path, lambda part: _write_bytes(part, content))

    def finish_chunks(self, gain: float) -> None:
        """Write the chunks again, now that the gain is known; nothing to do when there is none."""
        assert self._chunk_folder is not None
        if gain < 1:
            self.chunks = 0
            for block in self.raw_blocks(CHUNK_S * self._rate_hz):
                self._write_chunk(block * np.float32(gain))
        _sync_folder(self._chunk_folder)

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
        whole = len(loudness) // self._bin * self._bin
        self._peaks.append(loudness[:whole].reshape(-1, self._bin).max(axis=1))
        self._rest = loudness[whole:]
        self.loudest = max(self.loudest, float(loudness.max(initial=0)))

    def _write_chunk(self, block: Samples) -> None:
        assert self._chunk_folder is not None
        samples = quantize(block, 16).astype(np.int16)

        def write(part: Path) -> None:
            with _open_flac(part, self._rate_hz, "PCM_16") as file:
                file.write(samples)

        _write_durably(self._chunk_folder / f"{self.chunks:05}.flac", write)
        self.chunks += 1


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


def _open_flac(path: Path, sample_rate_hz: int, subtype: str) -> Any:
    return soundfile.SoundFile(
        path,
        "w",
        sample_rate_hz,
        _CHANNELS,
        subtype=subtype,
        format="FLAC",
        compression_level=_COMPRESSION,
    )


def _write_durably(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make the file under another name; give it its name when it is safe on disk."""
    part = path.with_name(f".{path.name}.part")
    write(part)
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _write_bytes(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable, where the system can."""
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows does not open folders
        return
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
