"""One engine process: started, asked once or more, ended."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, TypeAlias

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
_CRASHED_NEXT: Final = "It is tried again by itself; if it keeps failing, see the server's log."
_KILLED_NEXT: Final = "Close other programs, or choose a smaller model, then retry."


class WasGoneError(Exception):
    """The process had ended before the request came: nothing was done yet."""


class EngineProcess:
    """A running ``soundforge.engines.<name>``; always `end` it.

    It and what it has started end with this process, even by ``SIGKILL``.

    Attributes:
        name: Which engine.
        asked: How many requests it was given.
    """

    def __init__(self, name: str, process: Process, owner: contextlib.ExitStack) -> None:
        self.name, self.asked = name, 0
        self._process, self._owner = process, owner
        self._context, self._logged_bytes = contextvars.copy_context(), 0
        # Not a TaskGroup: it would hand our callers an ExceptionGroup.
        self._log = asyncio.create_task(self._log_stderr())

    @classmethod
    async def start(cls, name: str, environment: Mapping[str, str]) -> EngineProcess:
        """Start an engine.

        Args:
            name: Which.
            environment: Variables added to its environment.
        """
        with contextlib.ExitStack() as stack:
            owner_fd = stack.enter_context(process_group.owner_pipe())
            process = await asyncio.create_subprocess_exec(
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
                env={**_inherited(), **environment, "SFA_OWNER_FD": str(owner_fd)},
            )
            return cls(name, process, stack.pop_all())

    @property
    def pid(self) -> int:
        """Its id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended, as far as we have heard."""
        return self._process.returncode is None

    async def wait(self) -> None:
        """Return when it has ended."""
        await self._process.wait()

    async def ask(
        self,
        request: protocol.Request,
        *,
        timeout_s: float,
        on_progress: OnProgress,
        is_last: bool,
    ) -> Answer:
        """Let it work on ``request``; one at a time.

        Args:
            request: The work.
            timeout_s: How long it may take.
            on_progress: Told how far it is.
            is_last: Whether it shall end when it has answered.

        Raises:
            WasGoneError: It was asked before, and had ended since.
            errors.Unavailable: ``engine_crashed``, ``engine_timeout``, ``engine_garbage``.
        """
        self._context, self._logged_bytes = contextvars.copy_context(), 0
        self.asked += 1
        try:
            async with asyncio.timeout(timeout_s):
                await self._send(request, is_last=is_last)
                answer = await self._answer(on_progress)
        except TimeoutError:
            raise errors.Unavailable(
                "engine_timeout",
                f"The {self.name} engine gave no answer in {timeout_s:.0f} s.",
                _CRASHED_NEXT,
            ) from None
        if is_last:  # outside the time limit: an answer that came in time counts
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _EXIT_GRACE_S)
        return answer

    async def end(self) -> None:
        """End it and everything it has started."""
        try:
            await process_group.end(self._process)
            # Its last words are the ones that matter.
            await asyncio.wait({self._log}, timeout=_LOG_GRACE_S)
            self._log.cancel()
            await asyncio.gather(self._log, return_exceptions=True)
        finally:
            self._owner.close()

    async def _send(self, request: protocol.Request, *, is_last: bool) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it died before reading: `_answer` will say so
            self._process.stdin.write(protocol.encode(request))
            await self._process.stdin.drain()
        if is_last:
            self._process.stdin.close()

    async def _answer(self, on_progress: OnProgress) -> Answer:
        assert self._process.stdout is not None
        is_silent = True
        while line := await self._line(self._process.stdout):
            is_silent = False
            match self._message(line):
                case protocol.Progress() as progress:
                    on_progress(progress)
                case protocol.Result() | protocol.Error() as answer:
                    return answer
                case protocol.Request():
                    raise self._garbage()
        status = await self._process.wait()
        if is_silent and self.asked > 1:
            raise WasGoneError
        logger.warning("engine crashed", extra={"engine": self.name, "exit_status": status})
        raise _crashed(self.name, status)

    async def _line(self, stdout: StreamReader) -> bytes:
        try:
            return await stdout.readline()
        except ValueError as error:  # longer than the limit
            raise self._garbage() from error

    def _message(self, line: bytes) -> protocol.Message:
        try:
            return protocol.decode(line)
        except protocol.ProtocolError as error:
            raise self._garbage() from error

    def _garbage(self) -> errors.Unavailable:
        message = f"The {self.name} engine said something we do not understand."
        return errors.Unavailable("engine_garbage", message, _CRASHED_NEXT)

    async def _log_stderr(self) -> None:
        """Log what it prints, up to a bound: who prints for ever must not fill the disk."""
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(64 * 1024):  # a line may have no end
            # In the context of the work at hand: its job's id is on every line.
            self._context.run(self._log_chunk, chunk)

    def _log_chunk(self, chunk: bytes) -> None:
        if self._logged_bytes < _LOG_BYTES:
            logger.info("%s: %s", self.name, chunk.decode(errors="replace").rstrip())
        is_over = self._logged_bytes > _LOG_BYTES
        self._logged_bytes += len(chunk)
        if not is_over and self._logged_bytes > _LOG_BYTES:
            logger.warning("engine printed too much", extra={"engine": self.name})


def _inherited() -> dict[str, str]:
    """Return our environment without our settings: an engine decodes hostile files.

    It needs neither the database's password nor Spotify's secret; what it needs is in its
    request.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}


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
