"""The life of an engine process: read one request, work, answer, exit.

An engine never outlives its owner. Linux ends it by a parent-death signal; everywhere, the
owner holds one end of a pipe (its descriptor is in ``SFA_OWNER_FD``) and the engine leaves
when that end closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from soundforge.engines.protocol import Error, Progress, Request, Result, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from soundforge.engines.protocol import Message

    Work: TypeAlias = Callable[[dict[str, Any], "Report"], dict[str, Any]]

logger = logging.getLogger(__name__)

OWNER_FD: Final = "SFA_OWNER_FD"
_PR_SET_PDEATHSIG: Final = 1


class Report(Protocol):
    """Tell the owner how far the work is; ``detail`` are numbers a page may show."""

    def __call__(self, fraction: float, message: str, **detail: Any) -> None: ...


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
    """Run ``work`` once, on the request that standard input holds."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    answers = _claim_stdout()
    _die_with_owner()

    def send(message: Message) -> None:
        answers.write(encode(message))
        answers.flush()

    def report(fraction: float, message: str, **detail: Any) -> None:
        send(Progress(min(1.0, max(0.0, fraction)), message, detail))

    send(_answer(work, report))


def _answer(work: Work, report: Report) -> Message:
    try:
        request = decode(sys.stdin.buffer.readline())
        if not isinstance(request, Request):
            return Error("engine_protocol", "The engine got no request.", "", retryable=False)
        return Result(work(request.params, report))
    except EngineError as error:
        return Error(error.code, error.message, error.next_step, error.retryable)
    except MemoryError:
        return Error(
            "out_of_memory",
            "The computer ran out of memory for this work.",
            "Close other programs, or choose a smaller model.",
            retryable=True,
        )
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return Error(
                "disk_full",
                "The disk is full.",
                "Free some space, then retry.",
                retryable=False,
            )
        return _bug(error)
    except Exception as error:  # noqa: BLE001 -- the process boundary: all must be told
        return _bug(error)


def _bug(error: Exception) -> Error:
    logger.error("the engine failed", exc_info=error)
    return Error(
        "engine_failed",
        "The audio engine failed in a way we did not foresee.",
        "Retry once; if it fails again, report it with the server's log.",
        retryable=True,
    )


def _claim_stdout() -> BinaryIO:
    """Keep standard output for messages; whatever else prints goes to the log.

    Native libraries print to file descriptor 1 behind Python's back, and one stray
    line would break the protocol. So the descriptor itself is moved.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _die_with_owner() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    owner = os.environ.pop(OWNER_FD, "")
    if owner:
        threading.Thread(target=_follow_owner, args=(int(owner),), daemon=True).start()


def _follow_owner(fd: int) -> None:
    with contextlib.suppress(OSError):
        os.read(fd, 1)
    # The engine leads its own process group: its children end with it.
    os.killpg(os.getpgid(0), signal.SIGKILL)
