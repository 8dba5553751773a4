"""``sfa analyze``: one file, no server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge.audio import analyzer, chords, media
from soundforge.audio.engine import Engine
from soundforge.cli import findings, listening, terminal

if TYPE_CHECKING:
    from soundforge.audio.chords import ChordEngine


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--features",
    default="all",
    help=f"Comma-separated: {', '.join(analyzer.NAMES)}.",
)
@click.option(
    "--engine",
    "chosen",
    type=click.Choice(["fast", "best"]),
    help="Who names chords. best: five networks, 27 MB to fetch once, some 4 s a minute; "
    "default: the setting.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@terminal.command
async def analyze(file: Path, features: str, chosen: ChordEngine | None, *, as_json: bool) -> None:
    """Find tempo, metre, key, chords, loudness, sections, cues and more of FILE."""
    settings = terminal.load_settings()
    names = analyzer.select([name.strip() for name in features.split(",") if name.strip()])
    engine, limits = Engine(), listening.limits(settings)
    recording = await media.probe(engine, file.absolute(), limits=limits, job="analyze")
    made = await listening.hear(
        engine,
        settings,
        file,
        names,
        duration_s=recording.duration_s,
        job="analyze",
        title="Analysing",
        best=chords.best(chosen or settings.chord_engine),
        is_best_needed=chosen == "best",
    )
    if as_json:
        terminal.echo(json.dumps(made.features, indent=2))
    else:
        terminal.echo(findings.text(made.features))
