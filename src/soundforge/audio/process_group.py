"""A child process and everything it has started: tied to us, and ended as one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Iterator

TERM_GRACE_S: Final = 3.0


@contextlib.contextmanager
def owner_pipe() -> Iterator[int]:
    """Yield the end of a pipe for a child to watch.

    The other end closes when this context is left, and however this process ends.
    """
    read_fd, write_fd = os.pipe()
    try:
        yield read_fd
    finally:
        os.close(read_fd)
        os.close(write_fd)


async def end(process: Process) -> None:
    """End the process group that ``process`` leads, asking first."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), TERM_GRACE_S)
    _signal(process, signal.SIGKILL)  # also children that outlived their leader
    await process.wait()


def _signal(process: Process, signal_number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal_number)
