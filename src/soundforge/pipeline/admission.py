"""Let work begin only when the memory it will need is there; better late than killed."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio import memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    Bytes = Callable[[], int]
    MaybeBytes = Callable[[], int | None]

_EVERY_S: Final = 2.0
_PATIENCE_S: Final = 1800.0


@dataclass(frozen=True, slots=True, eq=False)
class _Promise:
    """Memory that work was let in with; ``held`` tells how much of it that has taken already."""

    needed_bytes: int
    held: Bytes

    @property
    def open_bytes(self) -> int:
        return max(0, self.needed_bytes - self.held())


class Admission:
    """What the work of this process was promised, and what is left to promise.

    An engine takes its memory bit by bit: until it has, what is free is free no more. Other
    processes are seen by what they have taken.

    Args:
        available: Tells what can be had now; None where that is not known.
        total: Tells what this machine, or this container, has in all; None likewise.
        every_s: How often to look.
        patience_s: How long to wait.
    """

    def __init__(
        self,
        *,
        available: MaybeBytes = memory.available_bytes,
        total: MaybeBytes = memory.total_bytes,
        every_s: float = _EVERY_S,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._available, self._total = available, total
        self._every_s, self._patience_s = every_s, patience_s
        self._promises: list[_Promise] = []

    @contextlib.asynccontextmanager
    async def admitted(
        self,
        ways: Sequence[int],
        say: Callable[[str], None],
        *,
        held: Bytes = lambda: 0,
        make_room: Callable[[], Awaitable[bool]] | None = None,
    ) -> AsyncIterator[int]:
        """Wait for memory, and keep it for the work in the block.

        Args:
            ways: What each way to do the work is predicted to need, in bytes, the best one first.
            say: Told, again and again, what is waited for.
            held: Tells what the process that will do the work has taken already.
            make_room: Gives up what is only kept for later; tells whether there was any.

        Yields:
            The place in ``ways`` of the first one that fits; 0 where nobody knows.

        Raises:
            errors.Conflict: ``memory_too_small``: it can never fit.
            errors.Unavailable: ``memory_short``: it never came.
        """
        self._check_total(min(ways))
        way = await self._wait(ways, say, held, make_room)
        promise = _Promise(ways[way], held)
        self._promises.append(promise)
        try:
            yield way
        finally:
            self._promises.remove(promise)

    def _check_total(self, least_bytes: int) -> None:
        total = self._total()
        if total is not None and total < least_bytes:
            raise errors.Conflict(
                "memory_too_small",
                f"This needs {_gb(least_bytes)} of memory, and all there is is {_gb(total)}.",
                "Choose a smaller model, or give the server more memory.",
            )

    async def _wait(
        self,
        ways: Sequence[int],
        say: Callable[[str], None],
        held: Bytes,
        make_room: Callable[[], Awaitable[bool]] | None,
    ) -> int:
        began_s = time.monotonic()
        while True:
            free = self._free(held)
            if free is None or ways[0] <= free:
                return 0
            if make_room is not None and await make_room():
                continue
            # From this look to the promise nothing is awaited: no other work comes between.
            free = self._free(held) or 0
            if fits := [at for at, needed in enumerate(ways) if needed <= free]:
                return fits[0]
            figures = f"{_gb(min(ways))} needed, {_gb(max(0, free))} free"
            if self._promises:
                figures += " beside what other jobs were promised"
            if time.monotonic() - began_s >= self._patience_s:
                raise errors.Unavailable(
                    "memory_short",
                    f"There is not enough memory: {figures}.",
                    "End other programs, or choose a smaller model.",
                )
            say(f"Waits for memory: {figures}")
            await asyncio.sleep(self._every_s)

    def _free(self, held: Bytes) -> int | None:
        available = self._available()
        if available is None:
            return None
        return available + held() - sum(promise.open_bytes for promise in self._promises)


def _gb(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB"
