"""Bring the schema up to date when a process starts.

Several processes may start at once: a session-level advisory lock lets one migrate while
the others wait.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from soundforge import errors

_LOCK_KEY: Final = 0x5FA_2026
_FOLDER: Final = Path(__file__).parent / "migrations"
_PATIENCE_S: Final = 20.0


async def upgrade_when_reachable(url: str) -> None:
    """Run every migration that ``url``'s database lacks, waiting for a server that is starting.

    Raises:
        errors.Unavailable: It did not answer in time (``database_unavailable``).
    """
    deadline_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return await asyncio.to_thread(upgrade, url)
        except OperationalError as error:
            if time.monotonic() > deadline_s:
                raise errors.Unavailable(
                    "database_unavailable",
                    "The database does not answer.",
                    "Check SFA_DATABASE__URL and that the server runs.",
                ) from error
            await asyncio.sleep(0.5)


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations up to ``revision`` that ``url``'s database lacks.

    Blocks: call it in a thread.
    """
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            connection.commit()
            try:
                config = Config()
                config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
                config.attributes["connection"] = connection
                command.upgrade(config, revision)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
                connection.commit()
    finally:
        engine.dispose()
