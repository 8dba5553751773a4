"""Sessions. Functions below the edges take one; only an edge opens and commits it.

The edges are a request, a stage's begin and save, and a CLI command.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Session = AsyncSession
"""The type of a database session, so that nobody outside needs to import SQLAlchemy for it."""

_CONNECT_ARGS: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


class Database:
    """A pool of connections to one server.

    Args:
        url: ``postgresql://user:password@host:port/name``.
        pool_size: Most connections held at once.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self._engine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_pre_ping=True,
            connect_args=_CONNECT_ARGS,
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Open a session in one transaction: commit at the end, roll back on any exception.

        Raises:
            errors.Unavailable: The server cannot be reached (``database_unavailable``).
        """
        try:
            async with self._sessions() as session, session.begin():
                yield session
        except (OperationalError, InterfaceError) as error:
            raise errors.Unavailable(
                "database_unavailable",
                "The database does not answer.",
                "It usually comes back within seconds; try again.",
                retry_after_s=2.0,
            ) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
