"""Stand between us and a program that knows nothing of us, and end it when we end.

Run as a script, never imported: ``keeper.py OWNER_FD MAX_FILE_BYTES PROGRAM ARGUMENT…``.
The owner holds the other end of a pipe; when that closes, however the owner died, this ends
its whole process group: the program and everything the program has started. Standard library
only, and started with ``-I -S``, so that it is there in a few milliseconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_CANNOT_START: Final = 127


def main() -> int:
    """Start the program, follow the owner, and return the program's exit status."""
    owner_fd, max_file_bytes, *command = sys.argv[1:]
    # The group is asked to end as a whole; the keeper stays until the program has.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        program = subprocess.Popen(
            command,
            # Safe here, unlike in the server: no other thread exists yet.
            preexec_fn=lambda: _prepare(int(max_file_bytes)),
        )
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
        return _CANNOT_START
    threading.Thread(target=_follow_owner, args=(int(owner_fd),), daemon=True).start()
    status = program.wait()
    return status if status >= 0 else 128 - status


def _prepare(max_file_bytes: int) -> None:
    """Between fork and exec: the program dies with the keeper, and fills no disk."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _follow_owner(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.read(fd, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
