"""``sfa serve`` and ``sfa worker``: the program that stays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge import errors
from soundforge.cli import terminal

if TYPE_CHECKING:
    from soundforge.settings import Settings


@click.command()
@click.option(
    "--role", type=click.Choice(["full", "web", "worker"]), help="What this process does."
)
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
def serve(role: str | None, host: str | None, port: int | None, data_dir: Path | None) -> None:
    """Run the server: pages, API and workers in one process."""
    settings = terminal.load_settings(role=role, host=host, port=port, data_dir=data_dir)
    _run(settings)


@click.command()
@click.option(
    "--queues", default="", help="As in processing=1,analysis=2; the settings' if not given."
)
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
def worker(queues: str, data_dir: Path | None) -> None:
    """Run workers only, beside a server that uses the same database and data folder."""
    widths = _widths(queues)
    settings = terminal.load_settings(role="worker", data_dir=data_dir, queues=widths)
    _run(settings)


def _run(settings: Settings) -> None:
    # Imported late: `sfa separate` needs neither the web nor the database.
    from soundforge import app

    try:
        status = asyncio.run(app.run(settings))
    except errors.SoundForgeError as error:
        terminal.fail(error.code, error.message, error.next_step)
    raise SystemExit(status)


def _widths(queues: str) -> dict[str, int] | None:
    if not queues:
        return None
    widths = {"download": 0, "processing": 0, "analysis": 0}
    for word in queues.split(","):
        name, _, width = word.strip().partition("=")
        if name not in widths or not (width or "1").isdigit():
            raise click.BadParameter(
                f"{word.strip()!r} is not queue=number; the queues are {', '.join(widths)}",
                param_hint="--queues",
            )
        widths[name] = int(width or 1)
    return widths
