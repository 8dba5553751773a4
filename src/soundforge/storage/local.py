"""Files on this machine's disk: whole, in their place, or not there at all.

Everything is written under a temporary name, made durable (fsync) and renamed. A crash at
any moment leaves at most something temporary, which a sweep removes. Disk work runs
in threads, so that a slow disk does not stop the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import time
import uuid
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.storage import durable, layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path
    from typing import BinaryIO

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_WRITE_BYTES: Final = 1024 * 1024


class Storage:
    """The data folder.

    Every method that writes raises `errors.Conflict` with code ``disk_full`` when the disk
    is full, and leaves nothing half written.

    Args:
        root: The data folder; everything this class touches lies below it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def prepare(self) -> None:
        """Make the folders that are missing, readable by this user only."""
        with _disk_full():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in layout.FOLDERS:
                (self.root / name).mkdir(mode=0o700, exist_ok=True)

    def path(self, relative: str) -> Path:
        """Return the absolute path of a place that `layout` named.

        Raises:
            ValueError: ``relative`` does not lie in one of the layout's folders.
        """
        return self.root / layout.check(relative)

    def relative(self, text: str) -> str | None:
        """Return the place that a path names, or None if it lies in none of ours.

        The disk is not looked at: nothing can be learned about other paths.
        """
        root, path = str(self.root), text
        if path.startswith(f"{root}/"):
            path = path[len(root) + 1 :]
        try:
            return layout.check(path)
        except ValueError:
            return None

    async def receive(self, stream: AsyncIterator[bytes], *, max_bytes: int) -> Path:
        """Write a stream to a new temporary file; return it, durable and not empty.

        Raises:
            errors.Invalid: ``file_too_large``, as soon as that is known, or ``file_empty``.
            errors.Conflict: ``disk_full``.
        """
        path = self._new_tmp()
        try:
            with _disk_full():
                size_bytes = await _write(path, stream, max_bytes)
            if size_bytes == 0:
                raise errors.Invalid("file_empty", "The file is empty.", "Send the song's file.")
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return path

    async def empty_dir(self, relative: str) -> Path:
        """Make an empty folder, in place of what may be there, and return it.

        Raises:
            ValueError: ``relative`` is not a place.
            errors.Conflict: ``disk_full``.
        """
        path = self.path(relative)
        with _disk_full():
            await asyncio.to_thread(durable.empty_dir, path)
        return path

    async def commit(self, tmp: Path, relative: str) -> None:
        """Move a finished temporary file to its place, over what may be there.

        Raises:
            ValueError: ``relative`` is not a place.
            errors.Conflict: ``disk_full``.
        """
        target = self.path(relative)
        with _disk_full():
            await asyncio.to_thread(durable.commit_file, tmp, target)

    async def commit_dir(self, tmp_dir: Path, relative: str) -> None:
        """Move a finished folder, with all that is in it, to its place; replace what is there.

        Raises:
            ValueError: ``relative`` is not a place.
            errors.Conflict: ``disk_full``.
        """
        target = self.path(relative)
        with _disk_full():
            await asyncio.to_thread(self._commit_dir, tmp_dir, target)

    async def remove(self, relative: str) -> None:
        """Remove a file or a whole folder; nothing happens when it is not there."""
        await asyncio.to_thread(self._remove, self.path(relative))

    async def free_bytes(self) -> int:
        """Return how much the disk of the data folder can still hold."""
        usage = await asyncio.to_thread(shutil.disk_usage, self.root)
        return usage.free

    async def require_free(self, size_bytes: int) -> None:
        """Check before work starts that the disk can hold what it will make.

        Raises:
            errors.Conflict: ``disk_full``, with both figures.
        """
        free_bytes = await self.free_bytes()
        if free_bytes < size_bytes:
            raise errors.Conflict(
                "disk_full",
                f"This needs {_size(size_bytes)} of free disk space; {_size(free_bytes)} are left.",
                "Free some space, or delete tracks that you no longer need, then retry.",
            )

    async def entries(self, *, older_than_s: float) -> list[str]:
        """Return what lies on disk: what no row knows of it, can be removed.

        Args:
            older_than_s: Younger entries are left out: their row may be on its way.

        Returns:
            Relative paths; only of entries that this program made, and of anything in ``tmp``.
        """
        return await asyncio.to_thread(self._entries, older_than_s)

    def _new_tmp(self) -> Path:
        return self.path(layout.scratch(uuid.uuid4().hex))

    def _commit_dir(self, tmp_dir: Path, target: Path) -> None:
        durable.fsync_all(tmp_dir)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = self._set_aside(target)
        tmp_dir.replace(target)
        durable.fsync(target.parent)
        durable.destroy(old)

    def _remove(self, path: Path) -> None:
        durable.destroy(self._set_aside(path))

    def _set_aside(self, path: Path) -> Path:
        """Rename what is to go: whoever looks for it sees all of it or nothing."""
        doomed = self._new_tmp()
        try:
            path.replace(doomed)
        except FileNotFoundError:
            return doomed
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            doomed = path.with_name(f".{doomed.name}")
            path.replace(doomed)
        return doomed

    def _entries(self, older_than_s: float) -> list[str]:
        before_s = time.time() - older_than_s
        found: list[str] = []
        for folder in layout.FOLDERS:
            for entry in sorted((self.root / folder).iterdir()):
                relative = f"{folder}/{entry.name}"
                is_ours = folder == layout.TMP or layout.is_ours(entry.name)
                if is_ours and durable.changed_at_s(entry) <= before_s:
                    found.append(relative)
        return found


async def _write(path: Path, stream: AsyncIterator[bytes], max_bytes: int) -> int:
    size_bytes = 0
    # Buffered: its lock makes the close wait for a write that a cancelled thread is still in.
    file = await asyncio.to_thread(path.open, "xb", _WRITE_BYTES)
    try:
        async for chunk in stream:
            size_bytes += len(chunk)
            if size_bytes > max_bytes:
                raise _too_large(max_bytes)
            await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(_finish, file)
    finally:
        with contextlib.suppress(OSError):  # what it still held cannot be written: told above
            file.close()
    return size_bytes


def _finish(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def _disk_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise errors.Conflict(
            "disk_full",
            "The disk is full; nothing was kept.",
            "Free some space, then retry.",
        ) from error


def _too_large(max_bytes: int) -> errors.Invalid:
    return errors.Invalid(
        "file_too_large",
        f"The file is larger than {_size(max_bytes)}, the most that may be sent.",
        "Send it as FLAC or MP3, or raise the limit in the settings.",
    )


def _size(size_bytes: int) -> str:
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:.1f} {unit}"
    return f"{size_bytes} bytes"
