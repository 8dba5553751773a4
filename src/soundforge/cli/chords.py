"""``sfa chords``: which chord sounds when, no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge.audio import chords as found_chords
from soundforge.audio import media
from soundforge.audio.engine import Engine
from soundforge.cli import findings, listening, terminal

if TYPE_CHECKING:
    from soundforge.audio.chords import ChordEngine, Segment


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--full", "is_full", is_flag=True, help="Sevenths, suspended … too, as in Am7.")
@click.option(
    "--transpose", type=click.IntRange(-12, 12), default=0, help="Semitones to move them by."
)
@click.option(
    "--engine",
    "chosen",
    type=click.Choice(["fast", "best"]),
    help="best: five networks, 27 MB to fetch once, some 4 s a minute; default: the setting.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the chords as JSON.")
@terminal.command
async def chords(
    file: Path, transpose: int, chosen: ChordEngine | None, *, is_full: bool, as_json: bool
) -> None:
    """Name the chords of FILE, one line each: start, end, chord."""
    settings = terminal.load_settings()
    engine, limits = Engine(), listening.limits(settings)
    recording = await media.probe(engine, file.absolute(), limits=limits, job="chords")
    made = await listening.hear(
        engine,
        settings,
        file,
        found_chords.FEATURES,
        duration_s=recording.duration_s,
        job="chords",
        title="Hearing the chords",
        best=found_chords.best(chosen or settings.chord_engine),
        is_best_needed=chosen == "best",
    )
    found = found_chords.read(made.features, is_full=is_full, transpose=transpose)
    if as_json:
        terminal.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    terminal.echo("\n".join(map(_line, found)) or "No chords: nothing to hear.")


def _line(one: Segment) -> str:
    return f"{findings.clock(one.start_s)}  {findings.clock(one.end_s)}  {one.name or '-'}"
