"""A real engine without a model: the stand-in for tests."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from soundforge.engines import runtime

if TYPE_CHECKING:
    from soundforge.engines.runtime import Report


def echo(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Report half way, then return what was asked; misbehave on demand."""
    os.write(1, b"a native library says hello\n")
    if pid_file := params.get("pid_file"):
        Path(pid_file).write_text(str(os.getpid()))
    report(0.5, "half way", segment=1, segments=2)
    match params.get("do"):
        case "crash":
            os._exit(9)
        case "hang":
            time.sleep(params.get("seconds", 60))
        case "refuse":
            raise runtime.EngineError("no_audio", "There is no audio in this file.", "Send a song.")
        case "again":
            raise runtime.EngineError("busy", "Not now.", retryable=True)
        case "garbage":
            os.write(_answers_fd(), b"\xff\xfe not json\n")
        case "flood":
            os.write(_answers_fd(), b"x" * (2 * 1024 * 1024) + b"\n")
        case "memory":
            raise MemoryError
    return params


def _answers_fd() -> int:
    """Return the descriptor the messages go out on: the only duplicate of the first stdout."""
    return next(
        fd
        for fd in range(3, 64)
        if os.path.exists(f"/proc/self/fd/{fd}") and _is_pipe_out(fd)  # noqa: PTH110
    )


def _is_pipe_out(fd: int) -> bool:
    import fcntl

    link = os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115
    is_writable = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    return link.startswith(("pipe:", "socket:")) and is_writable


if __name__ == "__main__":
    runtime.serve(echo)
