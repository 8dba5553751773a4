"""The server's process: started so that it ends with us, stopped in steps."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundforge.db import postgres_binaries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from soundforge.db.server_user import ServerUser

_LAUNCHER: Final = Path(__file__).with_name("_launch.py")
# Fast shutdown, then without a checkpoint (the next start recovers), then whatever it takes.
_STOP_STEPS: Final = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_POLL_S: Final = 0.02


class ServerProcess:
    """One run of the server.

    Args:
        command: The program's path and its arguments.
        user: Who it runs as.
        log: Where its words go.
    """

    def __init__(self, command: Sequence[str], user: ServerUser, log: IO[bytes]) -> None:
        # The signal follows the thread that starts the process, so only the main one will do.
        is_main = threading.current_thread() is threading.main_thread()
        watcher_fd, self._owner_fd = -1, -1
        if sys.platform != "linux" or not is_main:
            watcher_fd, self._owner_fd = os.pipe()
        # Not asyncio's: its child watchers belong to one event loop, this may outlive it.
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(_LAUNCHER)),
                *(str(user.uid), str(user.gid), str(os.getpid()), str(watcher_fd), "--"),
                *command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=postgres_binaries.environment(),
            pass_fds=(watcher_fd,) if watcher_fd >= 0 else (),
            start_new_session=True,  # so that Ctrl-C does not reach it before us
        )
        if watcher_fd >= 0:
            os.close(watcher_fd)

    @property
    def pid(self) -> int:
        """Its process id, also after its end."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    async def stop(self) -> None:
        """Shut it down, asking harder and harder. Safe to call twice, and after its end."""
        for signal_number, patience_s in _STOP_STEPS:
            if self.exit_status is None:
                self._process.send_signal(signal_number)
                await self._ended(patience_s)
        self._dismiss_watcher()

    async def _ended(self, patience_s: float) -> None:
        deadline_s = time.monotonic() + patience_s
        while self.exit_status is None and time.monotonic() < deadline_s:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S)

    def _dismiss_watcher(self) -> None:
        """Tell the watcher that the server has ended, so that it kills nobody."""
        if self._owner_fd >= 0:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._owner_fd, b".")
            os.close(self._owner_fd)
            self._owner_fd = -1
