"""``sfa separate``: one file, no server."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from soundforge import errors
from soundforge.audio import media, presets, separator
from soundforge.audio.engine import Engine
from soundforge.audio.mix_down import mix_down
from soundforge.cli import listening, terminal, unfinished

if TYPE_CHECKING:
    from soundforge.audio.mix_down import Form, MixedDown
    from soundforge.audio.models import ModelInfo, Models
    from soundforge.audio.separator import SampleRate, Separated


_SAME_DB: Final = 0.05


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
@click.option("--residual", "has_residual", is_flag=True, help="Also write what no stem holds.")
@click.option(
    "--without",
    metavar="STEM",
    multiple=True,
    help="Also write FILE without this stem; again for another.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@terminal.command
async def separate(  # noqa: PLR0913 -- an option each
    file: Path,
    model: str | None,
    out: Path,
    stems: str | None,
    form: Form,
    sample_rate: SampleRate,
    without: tuple[str, ...],
    *,
    has_residual: bool,
    as_json: bool,
) -> None:
    """Separate FILE into one file per stem in the folder --out."""
    settings = terminal.load_settings()
    models = terminal.local_models(settings)
    choice = presets.choose(models, model)
    chosen = models.require_at_hand(choice.model)
    name = chosen.name
    wanted = tuple(stem.strip() for stem in stems.split(",")) if stems else ()
    mixes = _mixes(chosen, wanted, without, has_residual=has_residual)
    if choice.note:
        terminal.note(choice.note)
    limits = listening.limits(settings)
    engine = Engine()
    if not models.installed(name):
        with terminal.progress_bar(f"Fetching {name}") as bar:
            await models.pull(name, report=bar)
    recording = await media.probe(engine, file.absolute(), limits=limits, job="separate")
    out.mkdir(parents=True, exist_ok=True)
    made, mixed = await _into(
        out,
        engine,
        models,
        file=file,
        name=name,
        stems=wanted or None,
        mixes=mixes,
        form=form,
        sample_rate=sample_rate,
        duration_s=recording.duration_s,
        threads=settings.engine_threads,
    )
    _tell(made, mixed, out, as_json=as_json)


def _mixes(
    model: ModelInfo, wanted: tuple[str, ...], without: tuple[str, ...], *, has_residual: bool
) -> dict[str, tuple[str, ...]]:
    """Return the stems that each mix is to be without, by the name of its file."""
    made = wanted or model.stems
    if unknown := [stem for stem in without if stem not in made]:
        raise errors.Invalid(
            "stem_unknown",
            f"There will be no stem called {unknown[0][:40]}.",
            f"Choose from {', '.join(made)}.",
        )
    if has_residual and set(made) != set(model.stems):
        raise errors.Invalid(
            "residual_of_some",
            "The residual is what no stem holds: it takes all of them to know it.",
            "Leave out --stems, or use --without.",
        )
    residual = {"residual": made} if has_residual else {}
    return {**residual, **{f"no_{stem}": (stem,) for stem in without}}


async def _into(  # noqa: PLR0913 -- all of a separation, by keyword
    out: Path,
    engine: Engine,
    models: Models,
    *,
    file: Path,
    name: str,
    stems: tuple[str, ...] | None,
    mixes: dict[str, tuple[str, ...]],
    form: Form,
    sample_rate: SampleRate,
    duration_s: float,
    threads: int,
) -> tuple[Separated, list[MixedDown]]:
    """Separate beside ``out``, then move the masters in: a half-made file never shows up."""
    asked: dict[str, Any] = {
        "model": name,
        "weights": models.weights_hash(name),
        "stems": stems,
        "form": form,
        "sample_rate": sample_rate,
        "precision": models.precision,
        "device": models.device,
    }
    with unfinished.folder(out, file, **asked) as folder:
        with terminal.progress_bar("Separating") as bar:
            made = await separator.separate(
                engine,
                models,
                source=file.absolute(),
                out_dir=folder,
                model=name,
                job="separate",
                duration_s=duration_s,
                report=bar,
                stems=stems,
                form=form,
                sample_rate=sample_rate,
                threads=threads,
            )
        mixed = [
            await _without(taken, made, engine, file, folder, name=mix_name, form=form)
            for mix_name, taken in mixes.items()
        ]
        for file_name in _file_names(made, mixed):
            shutil.move(folder / file_name, out / file_name)
    return made, mixed


async def _without(
    taken: tuple[str, ...],
    made: Separated,
    engine: Engine,
    file: Path,
    folder: Path,
    *,
    name: str,
    form: Form,
) -> MixedDown:
    """Write ``file`` less the stems that are ``taken``, beside the stems in ``folder``."""
    return await mix_down(
        engine,
        recording=file.absolute(),
        without=[folder / stem.file_name for stem in made.stems if stem.stem_type in taken],
        gain_db=made.gain_db,
        sample_rate_hz=made.sample_rate_hz,
        out_dir=folder,
        duration_s=made.duration_s,
        job="separate",
        form=form,
        name=name,
    )


def _file_names(made: Separated, mixed: list[MixedDown]) -> list[str]:
    return [stem.file_name for stem in made.stems] + [mix.path.name for mix in mixed]


def _tell(made: Separated, mixed: list[MixedDown], out: Path, *, as_json: bool) -> None:
    if as_json:
        mixes = [
            {"file_name": mix.path.name, "size_bytes": mix.size_bytes, "gain_db": mix.gain_db}
            for mix in mixed
        ]
        terminal.echo(json.dumps({**asdict(made), "mixes": mixes}))
        return
    for file_name in _file_names(made, mixed):
        terminal.echo(str(out / file_name))
    if made.resumed_segments:
        terminal.note(f"Went on after {made.resumed_segments} segments of a try before.")
    if made.gain_db:
        terminal.note(f"All stems are {-made.gain_db:.1f} dB quieter, so that none clips.")
    for mix in mixed:
        if mix.gain_db < made.gain_db - _SAME_DB:
            terminal.note(f"{mix.path.name} is {-mix.gain_db:.1f} dB quieter, or it would clip.")
    if made.device_fallback:
        terminal.note(f"On the CPU: {made.device_fallback}.")
    terminal.note(
        f"{made.model}: {made.duration_s:.0f} s in {made.took_s:.1f} s,"
        f" {made.realtime_factor:.1f} x real time.{_null_test(made.null_test_db)}"
    )


def _null_test(db: float | None) -> str:
    if db is None:
        return ""
    return f" What no stem holds is {abs(db):.0f} dB {'below' if db >= 0 else 'above'} the mix."
