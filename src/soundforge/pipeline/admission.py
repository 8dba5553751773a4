"""Let work begin only when the memory it will need is there; better late than killed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.audio import memory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_EVERY_S: Final = 2.0
_PATIENCE_S: Final = 1800.0


async def wait_for_memory(
    needed_bytes: int,
    say: Callable[[str], None],
    *,
    available: Callable[[], int | None] = memory.available_bytes,
    make_room: Callable[[], Awaitable[bool]] | None = None,
    every_s: float = _EVERY_S,
    patience_s: float = _PATIENCE_S,
) -> None:
    """Return when ``needed_bytes`` can be had, or when nobody knows.

    Args:
        needed_bytes: What the work is predicted to need.
        say: Told, again and again, what is waited for.
        available: Tells what can be had; None where that is not known.
        make_room: Gives up what is only kept for later; tells whether there was any.
        every_s: How often to look.
        patience_s: How long to wait.

    Raises:
        errors.Unavailable: ``memory_short``: it never came.
    """
    began_s = time.monotonic()
    while (free := available()) is not None and free < needed_bytes:
        if make_room is not None and await make_room():
            continue
        figures = f"{needed_bytes / 1e9:.1f} GB needed, {free / 1e9:.1f} GB free"
        if time.monotonic() - began_s >= patience_s:
            raise errors.Unavailable(
                "memory_short",
                f"There is not enough memory: {figures}.",
                "End other programs, or choose a smaller model.",
            )
        say(f"Waits for memory: {figures}")
        await asyncio.sleep(every_s)
