"""Files and folders moved, made and removed so that a crash leaves the old or the new, never half."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

_AT_ONCE: Final = 4


def commit_file(tmp: Path, target: Path) -> None:
    """Move a file to its place, over what may be there, also from another disk."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fsync(tmp)
    try:
        tmp.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(tmp, target)
    fsync(target.parent)
    fsync(target.parent.parent)


def empty_dir(path: Path) -> None:
    """Make an empty folder in place of what may be there."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700, parents=True)


def _copy(tmp: Path, target: Path) -> None:
    """Commit across disks: someone mounted one of the folders from elsewhere."""
    beside = target.with_name(f".{uuid.uuid4().hex}")
    try:
        shutil.copyfile(tmp, beside)
        fsync(beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    tmp.unlink()


def destroy(path: Path) -> None:
    """Remove a file, a link or a whole folder; nothing happens when it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fsync(path: Path) -> None:
    """Let a file's content, or a folder's names, outlive a crash of the machine."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_all(folder: Path) -> None:
    """Let a folder with all that is in it outlive a crash of the machine.

    Several files at once, for which the file system writes its journal once: a long song is cut into
    thousands of chunks, and one after the other each takes milliseconds.
    """
    files: list[Path] = []
    folders: list[Path] = []
    for place, _, names in os.walk(folder):
        folders.append(Path(place))
        files += (Path(place, name) for name in names)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(fsync, files):
            pass
    for one in folders:
        fsync(one)


def changed_at_s(entry: Path) -> float:
    """Return when the entry, or something directly in it, last changed; now when it vanished."""
    try:
        newest_s = entry.lstat().st_mtime
        if entry.is_dir() and not entry.is_symlink():
            newest_s = max([newest_s, *(child.lstat().st_mtime for child in entry.iterdir())])
    except FileNotFoundError:
        return time.time()
    return newest_s
