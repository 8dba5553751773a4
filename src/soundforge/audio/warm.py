"""Engine processes that wait for the next work of their kind, for a while.

The second song of a model pays neither for a start of Python nor for reading and compiling the
networks. A process that nobody needs for some time ends, and its memory is the system's again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from soundforge.audio import memory

if TYPE_CHECKING:
    from soundforge.audio.engine_process import EngineProcess

Kind: TypeAlias = tuple[str, str]
"""An engine's name, and what its process holds."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    process: EngineProcess
    watch: asyncio.Task[None]


class WarmEngines:
    """At most one waiting process of each kind. What is taken is the taker's alone.

    Args:
        idle_s: How long one waits; 0: none ever does.
        max_runs: How much work one process does in its life.
    """

    def __init__(self, *, idle_s: float, max_runs: int) -> None:
        self._idle_s, self._max_runs = idle_s, max_runs
        self._waiting: dict[Kind, _Waiting] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._is_closed = False

    @property
    def keeps(self) -> bool:
        """Whether any process is kept at all."""
        return self._idle_s > 0 and not self._is_closed

    def is_good_for_more(self, process: EngineProcess) -> bool:
        """Whether ``process`` may wait again after the work that it is about to get."""
        return process.asked + 1 < self._max_runs

    def take(self, kind: Kind) -> EngineProcess | None:
        """Return a process that waited, if there is one; it is the caller's now."""
        found = self._waiting.pop(kind, None)
        if found is None:
            return None
        found.watch.cancel()
        if not found.process.is_alive:
            self.end(found.process)
            return None
        return found.process

    def put(self, kind: Kind, process: EngineProcess) -> None:
        """Let ``process`` wait; one of its kind that waits already ends."""
        if (other := self.take(kind)) is not None:
            self.end(other)
        if not self.keeps:
            self.end(process)
            return
        watch = asyncio.create_task(self._watch(kind, process))
        self._waiting[kind] = _Waiting(process, watch)

    def held_bytes(self, kind: Kind) -> int:
        """Return how much memory the process of this kind holds while it waits; 0 without one."""
        found = self._waiting.get(kind)
        return memory.private_bytes(found.process.pid) if found else 0

    async def let_go(self, *, but: Kind | None = None) -> bool:
        """End every process that waits, except of the kind ``but``; tell whether any did."""
        ended = [process for kind in list(self._waiting) if kind != but
                 if (process := self.take(kind))]  # fmt: skip
        for process in ended:
            self.end(process)
        await self._all_ended()
        return bool(ended)

    async def close(self) -> None:
        """End all, and let none wait from now on."""
        self._is_closed = True
        await self.let_go()

    async def _watch(self, kind: Kind, process: EngineProcess) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._idle_s):
                await process.wait()
        del self._waiting[kind]
        logger.info("warm engine ended", extra={"engine": process.name, "runs": process.asked})
        self.end(process)

    def end(self, process: EngineProcess) -> asyncio.Task[None]:
        """End a process; `close` waits for it, should the caller be cancelled meanwhile."""
        task = asyncio.create_task(process.end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return task

    async def _all_ended(self) -> None:
        if self._ending:
            await asyncio.wait(set(self._ending))
