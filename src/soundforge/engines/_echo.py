"""A real engine without a model: the stand-in for tests.

It returns its parameters, and misbehaves on demand: ``{"do": "hang", "seconds": 60}``.
"""

from __future__ import annotations

import ctypes
import functools
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soundforge.engines import runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from soundforge.engines.runtime import Report

    Misbehave: TypeAlias = Callable[[int, dict[str, Any]], None]

_MEMORY_BYTES: Final = 512 * 1024 * 1024


def echo(raw_stdout: int, params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Report half way, then return what was asked; ``raw_stdout`` goes past the protocol."""
    os.write(1, b"a native library says hello\n")
    if pid_file := params.get("pid_file"):
        Path(pid_file).write_text(str(os.getpid()))
    report(0.5, "half way", segment=1, segments=2)
    if do := params.get("do"):
        _WAYS[do](raw_stdout, params)
    return params


def _crash(_: int, params: dict[str, Any]) -> None:
    os._exit(params.get("status", 9))


def _die(_: int, params: dict[str, Any]) -> None:
    os.kill(os.getpid(), params["signal"])


def _segfault(_: int, __: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.string_at(0)


def _hang(_: int, params: dict[str, Any]) -> None:
    time.sleep(params.get("seconds", 60))


def _hang_with_child(_: int, params: dict[str, Any]) -> None:
    child = subprocess.Popen(["/bin/sleep", "60"])
    Path(params["child_pid_file"]).write_text(str(child.pid))
    child.wait()


def _refuse(_: int, __: dict[str, Any]) -> None:
    raise runtime.EngineError("no_audio", "There is no audio in this file.", "Send a song.")


def _again(_: int, __: dict[str, Any]) -> None:
    raise runtime.EngineError("busy", "Not now.", retryable=True)


def _fail(_: int, __: dict[str, Any]) -> None:
    raise ZeroDivisionError("a bug in an engine")


def _not_finite(_: int, params: dict[str, Any]) -> None:
    params["tempo"] = float("nan")


def _garbage(raw_stdout: int, _: dict[str, Any]) -> None:
    os.write(raw_stdout, b"\xff\xfe not json\n")


def _flood(raw_stdout: int, _: dict[str, Any]) -> None:
    os.write(raw_stdout, b"x" * (2 * 1024 * 1024) + b"\n")


def _chatter(_: int, __: dict[str, Any]) -> None:
    sys.stderr.write("x" * (8 * 1024 * 1024))


def _memory(_: int, __: dict[str, Any]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    bytearray(2 * _MEMORY_BYTES)


_WAYS: Final[dict[str, Misbehave]] = {
    "crash": _crash,
    "die": _die,
    "segfault": _segfault,
    "hang": _hang,
    "hang_with_child": _hang_with_child,
    "refuse": _refuse,
    "again": _again,
    "fail": _fail,
    "not_finite": _not_finite,
    "garbage": _garbage,
    "flood": _flood,
    "chatter": _chatter,
    "memory": _memory,
}


if __name__ == "__main__":
    # A duplicate taken before the runtime moves the descriptor: the way to speak garbage.
    runtime.serve(functools.partial(echo, os.dup(1)))
