"""The life of an engine process: read a request, work, answer, until no more requests come.

An engine never outlives its owner. Linux ends it by a parent-death signal. The owner also
holds one end of a pipe (the engine's descriptor of it is in ``SFA_OWNER_FD``): when that end
closes, the engine ends with everything it has started.
"""

from __future__ import annotations

import ctypes
import errno
import faulthandler
import importlib
import logging
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from soundforge.engines.protocol import (
    Error,
    Progress,
    ProtocolError,
    Request,
    Result,
    decode,
    encode,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from soundforge.engines.protocol import Message

    Work: TypeAlias = Callable[[dict[str, Any], "Report"], dict[str, Any]]

logger = logging.getLogger(__name__)

OWNER_FD: Final = "SFA_OWNER_FD"
_PR_SET_PDEATHSIG: Final = 1
DISK_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
"""Numbers of the errors that say so."""


class Report(Protocol):
    """How an engine tells its owner how far the work is."""

    def __call__(self, fraction: float, message: str, **detail: Any) -> None:
        """Send ``fraction``, clipped to 0..1; ``detail`` are numbers that a page may show."""


class EngineError(Exception):
    """The work cannot be done, and the user can be told why.

    Args:
        code: Stable, snake_case: ``file_too_long``.
        message: One sentence for the user, with the value that was wrong.
        next_step: What the user can do now.
        retryable: Whether the same request may succeed later.
    """

    def __init__(
        self, code: str, message: str, next_step: str = "", *, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next_step = next_step
        self.retryable = retryable


def serve(work: Work) -> None:
    """Run ``work`` on each request that standard input holds, and send its answer.

    Ends with the input, or with the first request that fails: in which state a failure leaves the
    process is not known. With arguments on the command line the engine's file in `by_hand` runs
    instead.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    faulthandler.enable()  # a segmentation fault leaves its traceback in the log
    if sys.argv[1:]:
        raise SystemExit(_by_hand(sys.argv[1:]))
    answers = Answers(claim_stdout())
    watcher = _die_with_owner()
    try:
        line = sys.stdin.buffer.readline()
        while answers.send(_answer(work, line, answers.open_report())):
            if not (line := sys.stdin.buffer.readline()):
                break
    finally:
        if watcher:
            watcher.kill()
            watcher.wait()


class Answers:
    """Where messages go: progress of the request at hand only, then its answer.

    Args:
        file: Read by the owner.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._lock = file, threading.Lock()
        self._number = 0

    def open_report(self) -> Report:
        """Return the report of the next request.

        A thread that goes on after its answer must not speak into the next request.
        """
        self._number = number = self._number + 1

        def report(fraction: float, message: str, **detail: Any) -> None:
            progress = Progress(min(1.0, max(0.0, fraction)), message, detail)
            with self._lock:
                if self._number == number:
                    self._write(progress)

        return report

    def send(self, answer: Message) -> bool:
        """Send what ends the request; tell whether it is a result."""
        with self._lock:
            self._number += 1
            try:
                self._write(answer)
            except (ValueError, TypeError) as error:  # a result that JSON cannot carry
                answer = explain(error)
                self._write(answer)
        return isinstance(answer, Result)

    def _write(self, message: Message) -> None:
        self._file.write(encode(message))
        self._file.flush()


def _by_hand(arguments: list[str]) -> int:
    # By its name: the file imports the engine, and an engine knows nothing of command lines.
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    package, _, name = (spec.name if spec else "").rpartition(".")
    try:
        command = importlib.import_module(f"{package}.by_hand.{name}")
    except ModuleNotFoundError:
        sys.stderr.write("This engine takes no arguments: it reads one request from its input.\n")
        return 2
    status: int = command.main(arguments)
    return status


def _answer(work: Work, line: bytes, report: Report) -> Message:
    try:
        request = decode(line)
        if not isinstance(request, Request):
            raise ProtocolError(f"{type(request).__name__} is not a request")
        return Result(work(request.params, report))
    except Exception as error:  # noqa: BLE001 -- the process boundary: all must be told
        return explain(error)


def explain(error: Exception) -> Error:
    """Return what the owner is told of a failure; the log gets the traceback of what is a bug."""
    if isinstance(error, EngineError):
        return Error(error.code, error.message, error.next_step, error.retryable)
    if isinstance(error, ProtocolError):
        return Error("engine_protocol", f"The engine got no request: {error}.", "", retryable=False)
    if isinstance(error, MemoryError):
        return Error(
            "out_of_memory",
            "The computer ran out of memory for this work.",
            "Close other programs, or choose a smaller model.",
            retryable=True,
        )
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return Error(
            "disk_full", "The disk is full.", "Free some space, then retry.", retryable=False
        )
    logger.error("the engine failed", exc_info=error)
    return Error(
        "engine_failed",
        "The audio engine failed in a way we did not foresee.",
        "Retry once; if it fails again, report it with the server's log.",
        retryable=True,
    )


def claim_stdout() -> BinaryIO:
    """Keep standard output for messages; whatever else prints goes to the log.

    Native libraries print to file descriptor 1 behind Python's back, and one stray
    line would break the protocol. So the descriptor itself is moved.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with_owner() -> subprocess.Popen[bytes] | None:
    """Tie this process and its children to the owner; do nothing when started by hand."""
    owner = os.environ.pop(OWNER_FD, "")
    if not owner:
        return None
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # the group that is killed must be ours, never the caller's
    # Not a thread of ours: a library deep in native code may hold Python's lock for minutes,
    # and the parent-death signal leaves our children behind.
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", "read _; kill -KILL 0"],
        stdin=int(owner),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(int(owner))
    return watcher
