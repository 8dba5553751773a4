"""``sfa analyze``: one file, no server."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge.audio import analyzer, media, networks
from soundforge.audio.engine import Engine
from soundforge.cli import terminal

if TYPE_CHECKING:
    from soundforge.audio.analyzer import Analysis


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--features", default="all", help=f"Comma-separated: {', '.join(analyzer.FEATURES)}, all."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@terminal.command
async def analyze(file: Path, features: str, *, as_json: bool) -> None:
    """Find tempo, key, energy and more of FILE."""
    settings = terminal.load_settings()
    chosen = analyzer.select([name.strip() for name in features.split(",") if name.strip()])
    limits = media.Limits(
        max_duration_s=settings.limits.duration_s,
        max_channels=settings.limits.channels,
        max_sample_rate_hz=settings.limits.sample_rate_hz,
    )
    engine = Engine()
    recording = await media.probe(engine, file.absolute(), limits=limits, job="analyze")
    with (
        tempfile.TemporaryDirectory(prefix="sfa-") as folder,
        terminal.progress_bar("Analysing") as bar,
    ):
        models_dir = terminal.models_dir(settings)
        await networks.fetch(engine, models_dir, chosen, job="analyze", report=bar)
        made = await analyzer.analyze(
            engine,
            source=file.absolute(),
            out_dir=Path(folder),
            features=chosen,
            job="analyze",
            duration_s=recording.duration_s,
            report=bar,
            models_dir=models_dir,
        )
    terminal.echo(json.dumps(made.features, indent=2) if as_json else _sentence(made))


def _sentence(made: Analysis) -> str:
    facts = {
        "Tempo": f"{made.tempo_bpm:.1f} BPM" if made.tempo_bpm is not None else None,
        "Key": made.key,
        "Energy": f"{made.energy:.3f} (RMS, 0..1)" if made.energy is not None else None,
        "Spectral centroid": _hz(made.spectral_centroid_hz),
        "Spectral roll-off": _hz(made.spectral_rolloff_hz),
    }
    return "\n".join(f"{name:18} {value or 'not known'}" for name, value in facts.items())


def _hz(value: float | None) -> str | None:
    return f"{value:.0f} Hz" if value is not None else None
