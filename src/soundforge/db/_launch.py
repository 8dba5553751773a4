"""Become a server process that never outlives its owner. Run by path, never imported.

    python -I -S _launch.py UID GID OWNER_PID OWNER_FD -- PROGRAM ARGUMENT...

Why a program of its own and not ``preexec_fn``: Python code between fork and exec may
deadlock when the owner has threads. ``OWNER_FD`` is -1 on Linux from the owner's main thread:
there a parent-death signal does it. Elsewhere it is the reading end of a pipe that a watcher
process waits on: one byte says that the server has ended, end-of-file that the owner has.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Change the user, tie this process to its owner, turn into the program."""
    uid, gid, owner_pid, owner_fd = map(int, sys.argv[1:5])
    program = sys.argv[6:]
    if os.geteuid() == 0 and uid != 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    # After the change of user: Linux forgets the parent-death signal when credentials change.
    if owner_fd < 0:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != owner_pid:  # it died before we asked
            sys.exit(1)
    else:
        _watch(owner_fd, os.getpid())
    os.execv(program[0], program)  # noqa: S606


def _watch(owner_fd: int, server_pid: int) -> None:
    """Leave a process behind that stops the server when the owner's end of the pipe closes."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.close(owner_fd)
        return
    if os.fork():  # a grandchild: the server must not find a child it does not know
        os._exit(0)
    os.setsid()
    if os.read(owner_fd, 1) == b"":
        os.kill(server_pid, signal.SIGINT)
    os._exit(0)


if __name__ == "__main__":
    main()
