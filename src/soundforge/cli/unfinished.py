"""Folders of work beside its results: what a killed command has left is gone on with.

Named after what was asked, so that the same command finds it again. A command that ends by itself
leaves none; one whose engine died leaves it for the next try.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = ".sfa-"
_IN_USE: Final = ".in-use"
_FORGOTTEN_AFTER_S: Final = 7 * 24 * 3600.0


@contextlib.contextmanager
def folder(out: Path, file: Path, **asked: Any) -> Iterator[Path]:
    """Yield a folder below ``out`` for the block, ours alone, absolute.

    Args:
        out: An existing folder.
        file: What is worked on; changed, it is another file.
        asked: All else that decides what is made.
    """
    _sweep(out)
    place = out.absolute() / f"{_PREFIX}{_key(file, asked)}"
    place.mkdir(exist_ok=True)
    with (place / _IN_USE).open("a") as mark:
        if not _lock(mark) or not (place / _IN_USE).exists():
            with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=out.absolute()) as another:
                yield Path(another)
            return
        is_kept = False
        try:
            yield place
        except errors.Unavailable:
            is_kept = True
            raise
        finally:
            if not is_kept:
                shutil.rmtree(place, ignore_errors=True)


def _key(file: Path, asked: dict[str, Any]) -> str:
    found = file.stat()
    said = [str(file.resolve()), found.st_size, found.st_mtime_ns, sorted(asked.items())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _lock(mark: TextIO) -> bool:
    """Tell whether nobody else works there; the lock ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows: nobody knows
        return True
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(out: Path) -> None:
    """Remove what nobody has come back for."""
    for mark in out.glob(f"{_PREFIX}*/{_IN_USE}"):
        with contextlib.suppress(OSError), mark.open("a") as opened:
            age_s = time.time() - mark.parent.stat().st_mtime
            if age_s > _FORGOTTEN_AFTER_S and _lock(opened):
                shutil.rmtree(mark.parent, ignore_errors=True)
