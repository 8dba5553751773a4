"""Run a program that is not ours: bounded in time and space, and gone when we are."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import re
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from soundforge.audio import process_group

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    OnLine: TypeAlias = Callable[[str], None]

_KEEPER: Final = Path(__file__).with_name("_keeper.py")
_TAIL_LINES: Final = 400
_LINE_CHARS: Final = 4000
_CHUNK_BYTES: Final = 64 * 1024
_LINE_END: Final = re.compile(r"[\r\n]+")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Args:
        exit_status: Its own; 127 if it could not be started, 128 + n after signal n.
        lines: The last 400 lines it printed, each 4000 characters at most, empty ones left out.
    """

    exit_status: int
    lines: tuple[str, ...]


async def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    timeout_s: float,
    on_line: OnLine | None = None,
    max_file_bytes: int = 4 * 1024**3,
) -> Ended:
    """Run ``command`` (never a shell) to its end; call ``on_line`` with what it prints.

    Cancelling this coroutine, or an exception out of ``on_line``, ends the program and
    everything it has started. So does the end of this process, even by ``SIGKILL``.

    Args:
        command: The program and its arguments.
        cwd: Where it starts.
        environment: All of its variables; none of ours are passed on.
        timeout_s: Its longest run.
        on_line: Called with each line of its output and its errors, in their order.
        max_file_bytes: No file it writes can grow beyond this.

    Raises:
        TimeoutError: It did not end in ``timeout_s``, and was ended.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    async with (
        asyncio.timeout(timeout_s),
        _started(command, cwd=cwd, environment=environment, max_file_bytes=max_file_bytes) as child,
    ):
        async for line in _lines(child):
            tail.append(line)
            if on_line:
                on_line(line)
        return Ended(await child.wait(), tuple(tail))


@contextlib.asynccontextmanager
async def _started(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    max_file_bytes: int,
) -> AsyncIterator[Process]:
    with process_group.owner_pipe() as owner_fd:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", _KEEPER, str(owner_fd), str(max_file_bytes), *command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            pass_fds=(owner_fd,),
            cwd=cwd,
            env=dict(environment),
        )
        try:
            yield child
        finally:
            await asyncio.shield(process_group.end(child))


async def _lines(child: Process) -> AsyncIterator[str]:
    """Yield lines as they come; what has no end, or is no UTF-8, is cut or replaced."""
    assert child.stdout is not None
    text = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""
    while chunk := await child.stdout.read(_CHUNK_BYTES):
        *lines, rest = _LINE_END.split(rest + text.decode(chunk))
        rest = rest[:_LINE_CHARS]
        for line in lines:
            if line := line[:_LINE_CHARS].strip():
                yield line
    if rest := rest.strip():
        yield rest
