"""``sfa separate``: one file, no server."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge.audio import media, presets, separator
from soundforge.audio.engine import Engine
from soundforge.cli import listening, terminal

if TYPE_CHECKING:
    from soundforge.audio.models import Models
    from soundforge.audio.separator import SampleRate, Separated


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--model", help="Model, or instant, balanced, best; the best installed one if not given."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="Folder."
)
@click.option("--stems", help="Only these, comma-separated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["flac", "wav"]),
    default="flac",
    help="24-bit FLAC or float WAV.",
)
@click.option(
    "--sample-rate",
    type=click.Choice(["model", "source"]),
    default="model",
    help="The model's, or FILE's own.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@terminal.command
async def separate(
    file: Path,
    model: str | None,
    out: Path,
    stems: str | None,
    form: str,
    sample_rate: SampleRate,
    *,
    as_json: bool,
) -> None:
    """Separate FILE into one file per stem in the folder --out."""
    settings = terminal.load_settings()
    models = terminal.local_models(settings)
    choice = presets.choose(models, model)
    name = models.require_at_hand(choice.model).name
    if choice.note:
        terminal.console.print(choice.note)
    limits = listening.limits(settings)
    engine = Engine()
    if not models.installed(name):
        with terminal.progress_bar(f"Fetching {name}") as bar:
            await models.pull(name, report=bar)
    recording = await media.probe(engine, file.absolute(), limits=limits, job="separate")
    out.mkdir(parents=True, exist_ok=True)
    made = await _into(
        out,
        engine,
        models,
        file=file,
        name=name,
        stems=tuple(stems.split(",")) if stems else None,
        form=form,
        sample_rate=sample_rate,
        duration_s=recording.duration_s,
        threads=settings.engine_threads,
    )
    _tell(made, out, as_json=as_json)


async def _into(  # noqa: PLR0913 -- all of a separation, by keyword
    out: Path,
    engine: Engine,
    models: Models,
    *,
    file: Path,
    name: str,
    stems: tuple[str, ...] | None,
    form: str,
    sample_rate: SampleRate,
    duration_s: float,
    threads: int,
) -> Separated:
    """Separate beside ``out``, then move the masters in: a half-made file never shows up."""
    with tempfile.TemporaryDirectory(prefix=".sfa-", dir=out) as folder:
        with terminal.progress_bar("Separating") as bar:
            made = await separator.separate(
                engine,
                models,
                source=file.absolute(),
                out_dir=Path(folder).absolute(),
                model=name,
                job="separate",
                duration_s=duration_s,
                report=bar,
                stems=stems,
                form=form,
                sample_rate=sample_rate,
                threads=threads,
            )
        for stem in made.stems:
            shutil.move(Path(folder) / stem.file_name, out / stem.file_name)
    return made


def _tell(made: Separated, out: Path, *, as_json: bool) -> None:
    if as_json:
        terminal.echo(json.dumps(asdict(made)))
        return
    for stem in made.stems:
        terminal.echo(str(out / stem.file_name))
    null_test = (
        f", stems add up to the mix at {-made.null_test_db:.0f} dB" if made.null_test_db else ""
    )
    if made.device_fallback:
        terminal.console.print(f"On the CPU: {made.device_fallback}.")
    terminal.console.print(
        f"{made.duration_s:.0f} s in {made.took_s:.1f} s, {made.realtime_factor:.1f} x real time{null_test}."
    )
