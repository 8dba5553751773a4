"""One engine process, from start to answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from soundforge import errors
from soundforge.audio import process_group
from soundforge.engines import protocol

if TYPE_CHECKING:
    from asyncio import StreamReader
    from asyncio.subprocess import Process
    from collections.abc import Callable, Mapping

    OnProgress: TypeAlias = Callable[[protocol.Progress], None]
    Answer: TypeAlias = protocol.Result | protocol.Error

logger = logging.getLogger(__name__)

_EXIT_GRACE_S: Final = 5.0
_LOG_GRACE_S: Final = 1.0
_LOG_BYTES: Final = 1024 * 1024
_SENTENCE_CHARS: Final = 500
_CRASHED_NEXT: Final = "It is tried again by itself; if it keeps failing, see the server's log."
_KILLED_NEXT: Final = "Close other programs, or choose a smaller model, then retry."


@dataclass(frozen=True, slots=True)
class Engine:
    """How engines are started on this machine.

    Args:
        environment: Variables added to the engine's environment, such as thread limits.
    """

    environment: Mapping[str, str] = field(default_factory=dict)

    async def run(
        self,
        name: str,
        params: dict[str, Any],
        *,
        job: str,
        timeout_s: float,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Run ``soundforge.engines.<name>`` in a process of its own; return its result.

        Cancelling this coroutine, or an exception out of ``on_progress``, ends the process
        and its whole group. So does the end of this process, even by ``SIGKILL``.

        Raises:
            errors.Invalid: The engine says that the work can never succeed.
            errors.Unavailable: The engine crashed (``engine_crashed``), hung past
                ``timeout_s`` (``engine_timeout``), spoke garbage (``engine_garbage``) or asks
                to be retried (a code of its own).
        """
        with process_group.owner_pipe() as owner_fd:
            process = await self._start(name, owner_fd)
            # Not a TaskGroup: it would hand our callers an ExceptionGroup.
            log = asyncio.create_task(_log_stderr(process.stderr, name))
            try:
                answer = await _ask(
                    process, name, protocol.Request(job, params), timeout_s, on_progress
                )
            finally:
                await asyncio.shield(_end(process, log))
        if isinstance(answer, protocol.Error):
            raise _translate(answer)
        return answer.value

    async def _start(self, name: str, owner_fd: int) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # never import from the folder we happen to be started in
            "-m",
            f"soundforge.engines.{name}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=protocol.MAX_LINE_BYTES,
            start_new_session=True,
            pass_fds=(owner_fd,),
            env={**_inherited(), **self.environment, "SFA_OWNER_FD": str(owner_fd)},
        )


def _inherited() -> dict[str, str]:
    """Return our environment without our settings: an engine decodes hostile files.

    It needs neither the database's password nor Spotify's secret; what it needs is in its
    request.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}


async def _ask(
    process: Process,
    name: str,
    request: protocol.Request,
    timeout_s: float,
    on_progress: OnProgress | None,
) -> Answer:
    try:
        async with asyncio.timeout(timeout_s):
            await _send(process, request)
            answer = await _answer(process, name, on_progress or _ignore)
    except TimeoutError:
        raise errors.Unavailable(
            "engine_timeout",
            f"The {name} engine gave no answer in {timeout_s:.0f} s.",
            _CRASHED_NEXT,
        ) from None
    # Outside the time limit: an answer that came in time counts.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _EXIT_GRACE_S)
    return answer


def _ignore(_: protocol.Progress) -> None:
    """Drop a progress message that nobody asked for."""


async def _send(process: Process, request: protocol.Request) -> None:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # it died before reading: `_answer` will say so
        process.stdin.write(protocol.encode(request))
        await process.stdin.drain()
    process.stdin.close()


async def _answer(process: Process, name: str, on_progress: OnProgress) -> Answer:
    assert process.stdout is not None
    while line := await _line(process.stdout, name):
        match _message(line, name):
            case protocol.Progress() as progress:
                on_progress(progress)
            case protocol.Result() | protocol.Error() as answer:
                return answer
            case protocol.Request():
                raise _garbage(name)
    status = await process.wait()
    logger.warning("engine crashed", extra={"engine": name, "exit_status": status})
    raise _crashed(name, status)


async def _line(stdout: StreamReader, name: str) -> bytes:
    try:
        return await stdout.readline()
    except ValueError as error:  # longer than the limit
        raise _garbage(name) from error


def _message(line: bytes, name: str) -> protocol.Message:
    try:
        return protocol.decode(line)
    except protocol.ProtocolError as error:
        raise _garbage(name) from error


def _garbage(name: str) -> errors.Unavailable:
    message = f"The {name} engine said something we do not understand."
    return errors.Unavailable("engine_garbage", message, _CRASHED_NEXT)


def _crashed(name: str, status: int) -> errors.Unavailable:
    message = f"The {name} engine ended without an answer (exit status {status})."
    next_step = _CRASHED_NEXT
    if status == -signal.SIGKILL:
        message = f"The {name} engine was killed, most likely because memory ran out."
        next_step = _KILLED_NEXT
    elif status < 0:
        message = f"The {name} engine crashed ({_signal_name(-status)})."
    return errors.Unavailable("engine_crashed", message, next_step)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name
        return f"signal {number}"


def _translate(error: protocol.Error) -> errors.SoundForgeError:
    kind = errors.Unavailable if error.retryable else errors.Invalid
    return kind(error.code, _printable(error.message), _printable(error.next_step))


def _printable(sentence: str) -> str:
    """Return ``sentence`` fit for a database and a page: a file's name in it may hold anything."""
    text = sentence[:_SENTENCE_CHARS].encode(errors="replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)


async def _log_stderr(stream: StreamReader | None, name: str) -> None:
    """Log what an engine prints, up to a bound: one that prints for ever must not fill the disk."""
    assert stream is not None
    logged_bytes = 0
    while chunk := await stream.read(64 * 1024):  # not by lines: a line may have no end
        if logged_bytes < _LOG_BYTES:
            logger.info("%s: %s", name, chunk.decode(errors="replace").rstrip())
        logged_bytes += len(chunk)
    if logged_bytes > _LOG_BYTES:
        logger.warning("engine printed too much", extra={"engine": name, "bytes": logged_bytes})


async def _end(process: Process, log: asyncio.Task[None]) -> None:
    await process_group.end(process)
    await asyncio.wait({log}, timeout=_LOG_GRACE_S)  # its last words are the ones that matter
    log.cancel()
    await asyncio.gather(log, return_exceptions=True)
