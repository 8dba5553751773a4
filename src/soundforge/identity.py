"""Who this process is to the others on the same data folder.

The main process holds a lock on the folder for as long as it lives; that proves that whatever a
process of its name was doing before is no longer being done.
"""

from __future__ import annotations

import contextlib
import fcntl
import secrets
import uuid
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOCK: Final = "server.lock"
_NODE: Final = "node"
_SECRET: Final = "secret"  # noqa: S105 -- a file's name
_URL: Final = "database.url"


class Identity:
    """The node's name, its lock and its secret.

    Args:
        data_dir: The data folder.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self.node = ""
        self.secret = b""

    @contextlib.contextmanager
    def held(self, *, is_main: bool) -> Iterator[None]:
        """Be somebody while the block runs.

        Args:
            is_main: The one process per data folder, with the folder's name; else a passing
                worker with a name of its own.

        Raises:
            errors.Conflict: Another main process runs on this folder (``data_folder_in_use``).
        """
        self.secret = self._kept(_SECRET).encode()
        if not is_main:
            self.node = uuid.uuid4().hex
            yield
            return
        with (self._data_dir / _LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise errors.Conflict(
                    "data_folder_in_use",
                    f"Another server uses the data folder {self._data_dir}.",
                    "Stop it, or set SFA_DATA_DIR to another folder.",
                ) from None
            self.node = self._kept(_NODE)
            yield

    @contextlib.contextmanager
    def database_url(self, url: str) -> Iterator[None]:
        """Tell other processes of this user where the bundled database is."""
        path = self._data_dir / _URL
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(url)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def read_database_url(self) -> str:
        """Return where the main process's bundled database is.

        Raises:
            errors.Conflict: No main process runs on this folder (``server_not_running``).
        """
        try:
            return (self._data_dir / _URL).read_text()
        except FileNotFoundError:
            raise errors.Conflict(
                "server_not_running",
                f"No server runs on the data folder {self._data_dir}.",
                "Start one with sfa serve, or set SFA_DATABASE__URL.",
            ) from None

    def _kept(self, name: str) -> str:
        """Return the random text of a file, made on first use."""
        path = self._data_dir / name
        with contextlib.suppress(FileNotFoundError):
            if text := path.read_text().strip():
                return text
        path.unlink(missing_ok=True)
        path.touch(0o600)
        text = secrets.token_hex(32)
        path.write_text(text)
        return text
