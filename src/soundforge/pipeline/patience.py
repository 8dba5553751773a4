"""Wait for a database that is away: minutes of work must not be lost because it restarted."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, TypeVar

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from soundforge.db.session import Database, Session

_PATIENCE_S: Final = 120.0
_PAUSE_S: Final = 1.0

Value = TypeVar("Value")


async def transact(
    database: Database,
    work: Callable[[Session], Awaitable[Value]],
    *,
    patience_s: float = _PATIENCE_S,
) -> Value:
    """Run ``work`` in a transaction, again and again while the database is away.

    Args:
        database: Where.
        work: Called once or more; only one call is committed.
        patience_s: How long to go on trying.

    Raises:
        errors.Unavailable: It is still away after ``patience_s`` (``database_unavailable``).
    """
    deadline_s = time.monotonic() + patience_s
    while True:
        try:
            async with database.transaction() as session:
                return await work(session)
        except errors.Unavailable as error:
            if error.code != "database_unavailable" or time.monotonic() > deadline_s:
                raise
            await asyncio.sleep(_PAUSE_S)
