"""Bring the schema up to date when a process starts.

Several processes may start at once: a session-level advisory lock lets one migrate while
the others wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

_LOCK_KEY: Final = 0x5FA_2026
_FOLDER: Final = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Run every migration that ``url``'s database lacks. Blocks: call it in a thread."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK_KEY})
            connection.commit()
            try:
                config = Config()
                config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK_KEY})
                connection.commit()
    finally:
        engine.dispose()
