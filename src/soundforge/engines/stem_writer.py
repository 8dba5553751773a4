"""Stems on disk: masters, chunks to hear while it runs, and peaks to draw.

Memory stays flat: the stems go to raw float files first. Only at the end is it known how loud
they get, so only then do the masters get their one common gain. One gain for all: the stems
still add up to the mix.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
import soundfile

from soundforge.engines import decode
from soundforge.engines.stem_track import (
    BLOCK_FRAMES,
    CHANNELS,
    PEAKS_PER_S,
    Track,
    open_flac,
    quantize,
    sync_folder,
    write_durably,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float32]

__all__ = ["PEAKS_PER_S", "StemWriter", "WrittenStem", "quantize"]

_WAV_LIMIT_BYTES: Final = 4_000_000_000  # its sizes have 32 bits

Format: TypeAlias = Literal["flac", "wav"]


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
        sample_rate_hz: Rate of the stems.
        form: ``flac`` for 24-bit FLAC with a common gain, ``wav`` for float WAV as it comes.
        chunk_s: Length of the chunks ``<stem>/00000.flac`` … that are written as it goes, in
            seconds; 0 for none. While it runs they have no gain, and what is too loud is clipped;
            at the end they get the masters' gain.
    """

    def __init__(
        self,
        out_dir: Path,
        stems: Sequence[str],
        sample_rate_hz: int,
        *,
        form: Format = "flac",
        chunk_s: int = 0,
    ) -> None:
        self._out_dir, self._rate_hz, self._form = out_dir, sample_rate_hz, form
        self._chunk_s = chunk_s
        self._tracks = {
            stem: Track(out_dir, stem, sample_rate_hz, chunk_s=chunk_s) for stem in stems
        }
        self.frames = self.masters_frames = 0
        self.masters_rate_hz = sample_rate_hz
        self.gain = 1.0

    @property
    def ready_s(self) -> float:
        """How many seconds can be played from chunks now."""
        return float(min(track.chunks for track in self._tracks.values()) * self._chunk_s)

    def write(self, stems: Mapping[str, Samples]) -> None:
        """Append one block ``(n, 2)`` to every stem."""
        for stem, track in self._tracks.items():
            track.write(stems[stem])
        self.frames += len(stems[next(iter(self._tracks))])

    def write_one(self, stem: str, block: Samples) -> None:
        """Append one block ``(n, 2)`` to one stem; in the end all must be of one length."""
        self._tracks[stem].write(block)
        self.frames = max(self.frames, self._tracks[stem].frames)

    def frames_of(self, stem: str) -> int:
        """Return how many frames one stem has."""
        return self._tracks[stem].frames

    def sums(self, stems: Sequence[str]) -> Iterator[Samples]:
        """Yield the sum of some stems as they were written, in blocks ``(n, 2)``.

        Raises:
            ValueError: They are not of one length.
        """
        tracks = [self._tracks[stem] for stem in stems]
        for track in tracks:
            track.flush()
        for blocks in zip(*(track.raw_blocks(BLOCK_FRAMES) for track in tracks), strict=True):
            yield np.sum(blocks, axis=0, dtype=np.float32)

    def flush(self) -> None:
        """Make what was written so far safe on disk."""
        for track in self._tracks.values():
            track.flush()

    def resume(self, frames: int) -> bool:
        """Go on from ``frames`` that an earlier attempt left in the folder.

        What it wrote beyond them is cut off.

        Returns:
            False, and nothing is changed, when a stem has fewer.
        """
        if any(track.frames_on_disk() < frames for track in self._tracks.values()):
            return False
        for track in self._tracks.values():
            track.resume(frames)
        self.frames = frames
        return True

    def close(self) -> None:
        """Let go of the files; also when the stems are not finished."""
        for track in self._tracks.values():
            track.release()

    def finish(
        self, *, threads: int = 1, masters_rate_hz: int = 0, masters_frames: int = 0
    ) -> list[WrittenStem]:
        """Write the masters and the peaks; return what there is now.

        Afterwards `gain` is what every stem was multiplied with: 1.0, or less so that the
        loudest sample of all stems is full scale.

        Args:
            threads: How many stems are written side by side.
            masters_rate_hz: Another rate for the masters; 0 for the stems' own.
            masters_frames: Their length at that rate; what rounding adds is cut off.
        """
        self.masters_rate_hz = masters_rate_hz or self._rate_hz
        self.masters_frames = masters_frames or self.frames
        tracks = list(self._tracks.values())
        for track in tracks:
            track.close()
        loudest = max(map(self._loudest, tracks))
        if self._form == "flac" and loudest > 1:
            self.gain = 1 / loudest
        with ThreadPoolExecutor(max(1, min(threads, len(tracks)))) as pool:
            written = list(pool.map(self._finish, tracks))
        sync_folder(self._out_dir)
        return written

    def _finish(self, track: Track) -> WrittenStem:
        name = f"{track.stem}.{self._form}"
        path = self._out_dir / name
        if self._form == "flac":
            write_durably(path, lambda part: self._write_flac(part, track))
        else:
            write_durably(path, lambda part: self._write_wav(part, track))
        track.finish_peaks(self.gain)
        if self._chunk_s:
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

    def _master(self, track: Track) -> Iterator[Samples]:
        """Yield the samples of a master, without the gain."""
        raw = track.raw_blocks(BLOCK_FRAMES)
        left = self.masters_frames
        for block in decode.resample(raw, self._rate_hz, self.masters_rate_hz):
            yield block[:left]
            left -= len(block[:left])

    def _loudest(self, track: Track) -> float:
        if self.masters_rate_hz == self._rate_hz:
            return track.loudest
        return max(float(np.abs(block).max(initial=0)) for block in self._master(track))

    def _write_flac(self, path: Path, track: Track) -> None:
        with open_flac(path, self.masters_rate_hz, "PCM_24") as file:
            for block in self._master(track):
                file.write(quantize(block * np.float32(self.gain), 24) << 8)

    def _write_wav(self, path: Path, track: Track) -> None:
        size_bytes = self.masters_frames * CHANNELS * 4
        form = "WAV" if size_bytes <= _WAV_LIMIT_BYTES else "RF64"
        with soundfile.SoundFile(
            path, "w", self.masters_rate_hz, CHANNELS, subtype="FLOAT", format=form
        ) as file:
            for block in self._master(track):
                file.write(block)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
