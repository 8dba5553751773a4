"""How far a separation is, on disk, so that the next attempt goes on from there.

A checkpoint is written after each finished segment: what the next segments need, and how many
frames of every stem are safe. To take it up, the stems' raw files are cut to that length; all
else (peaks, chunks) follows from them. What was being written when the power went is forgotten.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import durable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.stem_writer import StemWriter

FILE_NAME: Final = ".checkpoint"
_LOCK_NAME: Final = ".lock"
_DIGEST_BYTES: Final = 32


class StemCheckpoint:
    """The checkpoint of one separation.

    Args:
        out_dir: The folder that the writer writes to.
        writer: The stems.
        settings: All that the samples depend on besides what `take_up` is given.
        on_taken_up: Called once the writer stands where an earlier attempt has ended.
    """

    def __init__(
        self,
        out_dir: Path,
        writer: StemWriter,
        settings: Mapping[str, Any],
        on_taken_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._path = out_dir / FILE_NAME
        self._on_taken_up = on_taken_up
        self._writer, self._settings = writer, dict(settings)
        self._key = b""

    def take_up(self, key: Mapping[str, Any]) -> dict[str, NDArray[Any]] | None:
        """Wind the writer to the last checkpoint and return what was kept with it.

        Args:
            key: The rest of what the samples depend on; a checkpoint with another is ignored.

        Returns:
            None when there is nothing to go on from.
        """
        self._key = json.dumps({**self._settings, **key}, sort_keys=True, default=str).encode()
        kept = self._read()
        if kept is not None and self._writer.resume(int(kept.pop("frames"))):
            self._on_taken_up()
            return kept
        self.start_over()
        return None

    def start_over(self) -> None:
        """Wind the writer to the beginning."""
        self._writer.resume(0)

    def _read(self) -> dict[str, NDArray[Any]] | None:
        try:
            content = self._path.read_bytes()
        except OSError:
            return None
        body, digest = content[:-_DIGEST_BYTES], content[-_DIGEST_BYTES:]
        if hashlib.blake2b(body, digest_size=_DIGEST_BYTES, key=b"stems").digest() != digest:
            return None
        with np.load(io.BytesIO(body), allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept}
        return arrays if arrays.pop("key").tobytes() == self._key else None

    def put(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep ``arrays`` and the place of the writer; safe on disk when this returns."""
        self._writer.flush()
        buffer = io.BytesIO()
        np.savez(
            buffer,
            allow_pickle=False,
            key=np.frombuffer(self._key, np.uint8),
            frames=np.int64(self._writer.frames),
            **dict(arrays),
        )
        body = buffer.getvalue()
        digest = hashlib.blake2b(body, digest_size=_DIGEST_BYTES, key=b"stems").digest()
        durable.write_bytes(self._path, body + digest)

    def discard(self) -> None:
        """Forget it: the stems are whole."""
        self._path.unlink(missing_ok=True)


def take_over(earlier_dirs: Sequence[Path], out_dir: Path) -> None:
    """Take the files of the last of ``earlier_dirs`` that left a checkpoint and is not in use.

    The checkpoint comes last: without it the other files mean nothing, and the work starts over.
    The caller holds the lock of ``out_dir``.
    """
    if (out_dir / FILE_NAME).is_file():
        return
    for earlier in reversed(earlier_dirs):
        with locked(earlier) as is_ours:
            if not is_ours or not (earlier / FILE_NAME).is_file():
                continue
            for path in sorted(earlier.iterdir(), key=lambda path: path.name == FILE_NAME):
                if path.name != _LOCK_NAME:
                    path.replace(out_dir / path.name)
            return


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Tell whether ``folder`` is ours alone while the block runs; the lock ends with the process.

    An attempt whose worker only seems dead may still be writing there.
    """
    try:
        file = (folder / _LOCK_NAME).open("a+b")
    except OSError:
        yield False
        return
    with file:
        is_ours = _try_lock(file.fileno())
        yield is_ours
    if is_ours:  # else whoever holds it would hold a file that nobody finds
        with contextlib.suppress(OSError):
            (folder / _LOCK_NAME).unlink()


def _try_lock(fd: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows: there one process runs everything
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
