"""Decode with the ffmpeg program of this machine, when there is one.

Only for what the libraries we ship cannot decode, such as HE-AAC. The program is the user's
own and runs as a separate process, so its licence does not reach ours.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Final, Self

from soundforge.engines import reader
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_AU_FLOAT: Final = 6
_STOP_WAIT_S: Final = 10.0


def open_with_ffmpeg(path: Path, codec: str) -> reader.AudioReader:
    """Open ``path`` through ffmpeg; ``codec`` is for the sentence when that is not possible.

    Raises:
        EngineError: ``codec_unsupported`` (no ffmpeg here) or ``decode_failed``.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise EngineError(
            "codec_unsupported",
            f"{path.name} uses a codec that needs the ffmpeg program ({codec}), which is missing.",
            "Install ffmpeg, or convert the file to FLAC or MP3.",
        )
    return _FfmpegReader(program, path)


class _FfmpegReader:
    """Frames as ffmpeg writes them: an AU stream, whose header says rate and channels."""

    format = "FFMPEG"

    def __init__(self, program: str, path: Path) -> None:
        self._path = path
        command = [program, "-nostdin", "-v", "error", "-xerror", "-i", f"file:{path.absolute()}"]
        command += ["-map", "0:a:0", "-c:a", "pcm_f32be", "-f", "au", "pipe:1"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._stream = self._process.stdout
        head = self._stream.read(24)
        if len(head) < 24 or head[:4] != b".snd":
            self.close()
            raise reader.undecodable(path, "ffmpeg made no audio")
        start, _, encoding, self.sample_rate_hz, self.channels = struct.unpack(">5I", head[4:])
        if encoding != _AU_FLOAT or not self.channels:
            self.close()
            raise reader.undecodable(path, f"ffmpeg made AU encoding {encoding}")
        self._stream.read(start - len(head))
        self.frames: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(_STOP_WAIT_S)

    def blocks(self, frames: int = reader.BLOCK_FRAMES) -> Iterator[NDArray[np.float32]]:
        import numpy as np

        frame_bytes = 4 * self.channels
        while body := self._stream.read(frames * frame_bytes):
            whole = len(body) // frame_bytes * self.channels
            samples = np.frombuffer(body, ">f4", whole).astype(np.float32)
            yield samples.reshape(-1, self.channels)
        if self._process.wait(_STOP_WAIT_S):
            raise reader.undecodable(self._path, f"ffmpeg exit {self._process.returncode}")
