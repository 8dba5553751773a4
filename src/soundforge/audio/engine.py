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
from soundforge.engines import protocol

if TYPE_CHECKING:
    from asyncio import StreamReader
    from asyncio.subprocess import Process
    from collections.abc import Callable, Mapping

    OnProgress: TypeAlias = Callable[[protocol.Progress], None]

logger = logging.getLogger(__name__)

TERM_GRACE_S: Final = 3.0
_EXIT_GRACE_S: Final = 5.0
_CRASHED_NEXT: Final = "It is tried again by itself; if it keeps failing, see the server's log."


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

        Cancelling this coroutine ends the process and its whole group.

        Raises:
            errors.Invalid: The engine says that the work can never succeed.
            errors.Unavailable: The engine crashed, hung past ``timeout_s``, spoke garbage or
                asks to be retried.
        """
        with _owner_pipe() as owner_fd:
            process = await self._start(name, owner_fd)
            # Not a TaskGroup: it would hand our callers an ExceptionGroup.
            log = asyncio.create_task(_log_stderr(process.stderr, name))
            try:
                async with asyncio.timeout(timeout_s):
                    await _send(process, protocol.Request(job, params))
                    return await _answer(process, name, on_progress or _ignore)
            except TimeoutError:
                raise errors.Unavailable(
                    "engine_timeout",
                    f"The {name} engine gave no answer in {timeout_s:.0f} s.",
                    _CRASHED_NEXT,
                ) from None
            finally:
                await asyncio.shield(_end(process))
                log.cancel()
                await asyncio.gather(log, return_exceptions=True)

    async def _start(self, name: str, owner_fd: int) -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"soundforge.engines.{name}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=protocol.MAX_LINE_BYTES,
            start_new_session=True,
            pass_fds=(owner_fd,),
            env={**os.environ, **self.environment, "SFA_OWNER_FD": str(owner_fd)},
        )


@contextlib.contextmanager
def _owner_pipe() -> Any:
    """Hold a pipe whose other end the engine watches: it closes however this process ends."""
    read_fd, write_fd = os.pipe()
    try:
        yield read_fd
    finally:
        os.close(read_fd)
        os.close(write_fd)


def _ignore(_: protocol.Progress) -> None:
    """Drop a progress message that nobody asked for."""


async def _send(process: Process, request: protocol.Request) -> None:
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):  # it died before reading: `_answer` will say so
        process.stdin.write(protocol.encode(request))
        await process.stdin.drain()
    process.stdin.close()


async def _answer(process: Process, name: str, on_progress: OnProgress) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            match protocol.decode(line):
                case protocol.Progress() as progress:
                    on_progress(progress)
                case protocol.Result(value):
                    await _leave(process)
                    return value
                case protocol.Error() as error:
                    await _leave(process)
                    raise _translate(error)
                case protocol.Request():
                    break
    except ValueError as error:  # a broken line, or one over the limit
        raise errors.Unavailable(
            "engine_garbage",
            f"The {name} engine said something we do not understand.",
            _CRASHED_NEXT,
        ) from error
    status = await process.wait()
    logger.warning("engine crashed", extra={"engine": name, "exit_status": status})
    raise errors.Unavailable("engine_crashed", _crash_sentence(name, status), _CRASHED_NEXT)


async def _leave(process: Process) -> None:
    """Give the engine time to exit by itself after its answer."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _EXIT_GRACE_S)


def _crash_sentence(name: str, status: int) -> str:
    if status == -signal.SIGKILL:
        return f"The {name} engine was killed, most likely because memory ran out."
    if status < 0:
        return f"The {name} engine crashed ({signal.Signals(-status).name})."
    return f"The {name} engine ended without an answer (exit status {status})."


def _translate(error: protocol.Error) -> errors.SoundForgeError:
    kind = errors.Unavailable if error.retryable else errors.Invalid
    return kind(error.code, error.message, error.next_step)


async def _log_stderr(stream: StreamReader | None, name: str) -> None:
    assert stream is not None
    while chunk := await stream.read(64 * 1024):  # not by lines: a line may have no end
        logger.info("%s: %s", name, chunk.decode(errors="replace").rstrip())


async def _end(process: Process) -> None:
    """End the whole process group, asking first."""
    if process.returncode is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), TERM_GRACE_S)
    _signal_group(process, signal.SIGKILL)  # also children that outlived their leader
    await process.wait()


def _signal_group(process: Process, signal_number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal_number)
