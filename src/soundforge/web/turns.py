"""Work on request that takes a processor for a while: a few at once, the others wait their turn."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from soundforge import errors


@asynccontextmanager
async def turn(
    places: asyncio.Semaphore, *, patience_s: float, busy: errors.Limited
) -> AsyncIterator[None]:
    """Hold one of ``places`` while the block runs.

    Raises:
        errors.Limited: None was free within ``patience_s``: it is ``busy``.
    """
    try:
        async with asyncio.timeout(patience_s):
            await places.acquire()
    except TimeoutError:
        raise busy from None
    try:
        yield
    finally:
        places.release()
