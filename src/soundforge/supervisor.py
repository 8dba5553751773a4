"""Start in order, restart one for one, stop in reverse.

A child is a context manager (what it holds from start to stop), a coroutine that should never
end by itself (what it does), or both. Each child lives in one task of its own, so that what it
opens is closed by the task that opened it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from contextlib import AbstractAsyncContextManager

logger = logging.getLogger(__name__)

_FIRST_DELAY_S: Final = 0.1
_LAST_DELAY_S: Final = 5.0
_HURRY_GRACE_S: Final = 2.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class ExitCode(IntEnum):
    """What `Supervisor.run` returns, for the operating system."""

    DRAINED = 0
    FAILED = 1  # a child did not start, or failed too often
    HURRIED = 130  # a second signal cut the drain short


@dataclass(frozen=True, slots=True)
class Child:
    """One part of the program.

    Args:
        name: For the log.
        life: Opened at the start; the next child starts when this is open. Closed at the end.
        run: Called when ``life`` is open. When it raises or returns it is called again, alone,
            after a growing pause; past ``max_restarts`` the whole program ends.
        drain: Asks ``run`` to end by itself. Without it ``run`` is cancelled at once.
        grace_s: How long ``run`` may take to end after ``drain``, how long after it was
            cancelled, and how long ``life`` may take to close, each, s.
        max_restarts: Most restarts within ``restart_window_s``. With a pause that grows to
            5 s, 15 in 60 s are about 50 s of failing at once each time.
        restart_window_s: See ``max_restarts``.
    """

    name: str
    life: Callable[[], AbstractAsyncContextManager[Any]] | None = None
    run: Callable[[], Awaitable[object]] | None = None
    drain: Callable[[], Awaitable[object]] | None = None
    grace_s: float = 10.0
    max_restarts: int = 15
    restart_window_s: float = 60.0


class Supervisor:
    """Keep children running until a signal, or until one of them is beyond help.

    SIGTERM, SIGINT and SIGHUP drain; a second one stops at once, a third kills. Use it once,
    in the main thread's event loop.

    Args:
        children: In start order.
    """

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stopping = asyncio.Event()
        self._patience = _Patience()

    def stop(self) -> None:
        """Drain, as the first signal does; asked a second time, stop at once."""
        if self._stopping.is_set():
            self._patience.hurry()
        self._stopping.set()

    async def run(self) -> ExitCode:
        """Start every child, wait for a signal or a hopeless failure, stop every child.

        Raises nothing that a child raises: a failure is logged and becomes the exit code.
        """
        keepers: list[_Keeper] = []
        with self._signals():
            stop = asyncio.create_task(self._stopping.wait())
            await self._start(keepers, stop)
            if not stop.done():
                await _first(stop, *(keeper.life for keeper in keepers))
            has_failed = any(keeper.has_failed for keeper in keepers)
            logger.info("stopping", extra={"children": len(keepers)})
            for keeper in reversed(keepers):
                await keeper.stop(self._patience)
            stop.cancel()
        if has_failed:
            return ExitCode.FAILED
        return ExitCode.HURRIED if self._patience.is_hurried else ExitCode.DRAINED

    async def _start(self, keepers: list[_Keeper], stop: asyncio.Task[bool]) -> None:
        """Start the children until one fails or we are told to stop."""
        for child in self._children:
            keeper = _Keeper(child)
            keepers.append(keeper)
            began_s = time.monotonic()
            await _first(keeper.ready, keeper.life, stop)
            if keeper.life.done() or stop.done():
                return
            took_s = round(time.monotonic() - began_s, 2)
            logger.info("child started", extra={"child": child.name, "took_s": took_s})

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        # A program started by nohup ignores SIGHUP, and should go on doing so.
        wanted = [one for one in _SIGNALS if signal.getsignal(one) is not signal.SIG_IGN]
        for signal_number in wanted:
            loop.add_signal_handler(signal_number, self._signalled)
        try:
            yield
        finally:
            _give_back(wanted)

    def _signalled(self) -> None:
        self.stop()
        if self._patience.is_hurried:
            _give_back(_SIGNALS)


class _Patience:
    """Time limits that shrink when we are hurried."""

    def __init__(self) -> None:
        self._hurried = asyncio.Event()

    @property
    def is_hurried(self) -> bool:
        return self._hurried.is_set()

    def hurry(self) -> None:
        self._hurried.set()

    async def wait(self, task: asyncio.Future[Any], limit_s: float) -> bool:
        """Wait for a task, and tell whether it ended in time."""
        hurried = asyncio.create_task(self._hurried.wait())
        await asyncio.wait({task, hurried}, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if not task.done() and self.is_hurried:
            await asyncio.wait({task}, timeout=min(limit_s, _HURRY_GRACE_S))
        return task.done()


class _Keeper:
    """One child's tasks, from its start to its end."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._is_stopping = False
        self._leave = asyncio.Event()
        self._runner: asyncio.Task[None] | None = None
        self.has_failed = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.life = asyncio.create_task(self._live(), name=f"child {child.name}")

    async def stop(self, patience: _Patience) -> None:
        """Let the child end in order; what takes too long is cancelled, then abandoned."""
        began_s = time.monotonic()
        self._is_stopping = True
        if not self.ready.done():  # it is still starting
            self.life.cancel()
        if self._runner is not None:
            await self._stop_running(self._runner, patience)
        self._leave.set()
        if not await patience.wait(self.life, self._child.grace_s):
            logger.warning("child slow to close, cancelled", extra={"child": self._child.name})
            self.life.cancel()
            await patience.wait(self.life, _HURRY_GRACE_S)
        took_s = round(time.monotonic() - began_s, 2)
        logger.info("child stopped", extra={"child": self._child.name, "took_s": took_s})

    async def _stop_running(self, runner: asyncio.Task[None], patience: _Patience) -> None:
        if self._child.drain is not None and not runner.done():
            asking = asyncio.ensure_future(_call(self._child.drain))
            await patience.wait(asking, self._child.grace_s)
            asking.cancel()
            await patience.wait(runner, self._child.grace_s)
        runner.cancel()
        if not await patience.wait(runner, self._child.grace_s):
            logger.warning("child does not end", extra={"child": self._child.name})

    async def _live(self) -> None:
        """Open, run, close; note a failure instead of raising it."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                if self._child.life is not None:
                    await stack.enter_async_context(self._child.life())
                self.ready.set_result(None)
                if self._child.run is not None:
                    self._runner = asyncio.create_task(self._keep_running(self._child.run))
                    await asyncio.wait({self._runner})
                if not self.has_failed:
                    await self._leave.wait()
        except errors.SoundForgeError as error:
            self.has_failed = True
            logger.error(  # noqa: TRY400, an expected failure: its sentence says it all
                "child failed: %s %s",
                error.message,
                error.next_step,
                extra={"child": self._child.name, "code": error.code},
            )
        except Exception:  # the boundary: a child must not take its neighbours along
            self.has_failed = True
            logger.exception("child failed", extra={"child": self._child.name})

    async def _keep_running(self, run: Callable[[], Awaitable[object]]) -> None:
        restarts = Restarts(self._child.max_restarts, self._child.restart_window_s)
        while not self._is_stopping:
            error = await _call(run)
            if self._is_stopping:
                return
            logger.error(
                "child failed" if error else "child ended by itself",
                extra={"child": self._child.name},
                exc_info=error,
            )
            pause_s = restarts.pause_s(time.monotonic())
            if pause_s is None:
                self.has_failed = True
                logger.error("child failed too often", extra={"child": self._child.name})
                return
            await asyncio.sleep(pause_s)


class Restarts:
    """How long to pause before the next restart, and when to give up.

    Args:
        limit: Most restarts within the window.
        window_s: After this long without a restart the pauses are short again, s.
    """

    def __init__(self, limit: int, window_s: float) -> None:
        self._limit = limit
        self._window_s = window_s
        self._times_s: deque[float] = deque()

    def pause_s(self, now_s: float) -> float | None:
        """Count a failure at ``now_s``; return the pause, or None to give up."""
        while self._times_s and self._times_s[0] <= now_s - self._window_s:
            self._times_s.popleft()
        if len(self._times_s) >= self._limit:
            return None
        # By the number of recent ones: a child that ran well for a while starts afresh.
        pause_s = min(_FIRST_DELAY_S * 2.0 ** min(len(self._times_s), 30), _LAST_DELAY_S)
        self._times_s.append(now_s)
        return pause_s


def _give_back(signals: Sequence[signal.Signals]) -> None:
    """Let signals do again what they do without us."""
    loop = asyncio.get_running_loop()
    for signal_number in signals:
        loop.remove_signal_handler(signal_number)


async def _first(*awaited: asyncio.Future[Any]) -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)


async def _call(work: Callable[[], Awaitable[object]]) -> BaseException | None:
    """Return what ``work`` raises; its cancellation passes through."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001, the boundary of a child
        return error
    except SystemExit as error:  # a library that wants to end the program only ends its child
        return error
    return None
