"""``sfa warp``: another tempo, another key, no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from soundforge import errors
from soundforge.audio import analyzer, keys, media, warper
from soundforge.audio.engine import Engine
from soundforge.cli import terminal

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--bpm", type=float, help="Make it run at this tempo.")
@click.option("--from-bpm", type=float, help="The song's tempo; found if not given.")
@click.option("--rate", type=float, help="Speed, 0.25 to 4; 2 is twice as fast.")
@click.option("--semitones", type=float, help="Shift of the pitch, -24 to 24.")
@click.option("--key", help="Shift to this key, as in 'A minor'.")
@click.option("--from-key", help="The song's key; found if not given.")
@click.option(
    "--downbeats",
    type=_FILE,
    help="Starts of the bars, one time in seconds a line: lay the song on a constant grid.",
)
@click.option("--metre", default=4, type=click.IntRange(1, 16), help="Beats in a bar of that grid.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="File that ends in .flac or .wav; with several FILES a folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
@terminal.command
async def warp(  # noqa: PLR0913 -- one option each
    files: tuple[Path, ...],
    bpm: float | None,
    from_bpm: float | None,
    rate: float | None,
    semitones: float | None,
    key: str | None,
    from_key: str | None,
    downbeats: Path | None,
    metre: int,
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Change tempo and pitch of FILES, independently and in one pass.

    Several FILES, stems for instance, are changed alike and stay aligned to the sample; tempo
    and key are found in the first.
    """
    engine = Engine()
    settings = terminal.load_settings()
    limits = media.Limits(
        max_duration_s=settings.limits.duration_s,
        max_channels=settings.limits.channels,
        max_sample_rate_hz=settings.limits.sample_rate_hz,
    )
    durations_s = [
        (await media.probe(engine, file.absolute(), limits=limits, job="warp")).duration_s
        for file in files
    ]
    _check_choice(bpm=bpm, rate=rate, semitones=semitones, key=key)
    grid = _grid(downbeats, bpm, metre) if downbeats else None
    wanted_rate = rate if rate is not None else 1.0
    if bpm is not None and grid is None:
        wanted_rate = warper.rate_between(from_bpm or await _tempo(engine, files[0]), bpm)
    shift = semitones if semitones is not None else 0.0
    if key is not None:
        shift = keys.semitones_between(from_key or await _key(engine, files[0]), key)
    with terminal.progress_bar("Warping") as bar:
        made = await warper.warp(
            engine,
            files=_names(files, out),
            job="warp",
            duration_s=sum(durations_s),
            report=bar,
            rate=wanted_rate,
            semitones=shift,
            grid=grid,
        )
    if as_json:
        terminal.echo(json.dumps({"rate": wanted_rate, "semitones": shift, **asdict(made)}))
        return
    for file in made.files:
        terminal.echo(file.path)
    pace = "each bar on the grid" if grid else f"{wanted_rate:.4g} x the speed"
    terminal.console.print(f"{pace}, {shift:+g} semitones, in {made.took_s:.1f} s.")


def _check_choice(**options: float | str | None) -> None:
    if options["bpm"] is not None and options["rate"] is not None:
        raise click.UsageError("Give --bpm or --rate, not both.")
    if options["key"] is not None and options["semitones"] is not None:
        raise click.UsageError("Give --key or --semitones, not both.")
    if all(value is None for value in options.values()):
        raise click.UsageError("Say what to change: --bpm, --rate, --semitones or --key.")


def _grid(downbeats: Path, bpm: float | None, metre: int) -> warper.Grid:
    if bpm is None:
        raise click.UsageError("--downbeats needs --bpm, the tempo of the grid.")
    try:
        downbeats_s = tuple(float(line) for line in downbeats.read_text().split())
    except ValueError as error:
        raise errors.Invalid(
            "downbeats_invalid",
            f"{downbeats.name} holds something else than times.",
            "Write one time in seconds a line.",
        ) from error
    return warper.Grid(downbeats_s, metre * warper.rate_between(bpm, 60.0))


def _names(files: tuple[Path, ...], out: Path) -> list[tuple[Path, Path]]:
    if len(files) == 1 and out.suffix in (".flac", ".wav"):
        out.parent.mkdir(parents=True, exist_ok=True)
        return [(files[0].absolute(), out.absolute())]
    if out.suffix:
        raise errors.Invalid(
            "format_unsupported",
            f"{out.name} names no format that we write, or one file for several.",
            "End the name in .flac or .wav; for several files give a folder.",
        )
    out.mkdir(parents=True, exist_ok=True)
    named = [(file.absolute(), (out / f"{file.stem}.flac").absolute()) for file in files]
    if len({made for _, made in named}) < len(named) or any(a == b for a, b in named):
        raise errors.Invalid(
            "name_taken", "Two files would get one name.", "Choose another folder, or rename them."
        )
    return named


async def _tempo(engine: Engine, file: Path) -> float:
    found = await _analyze(engine, file, "tempo")
    if found.tempo_bpm is None:
        raise errors.Invalid(
            "tempo_unknown", f"No tempo was found in {file.name}.", "Give it with --from-bpm."
        )
    return found.tempo_bpm


async def _key(engine: Engine, file: Path) -> str:
    found = await _analyze(engine, file, "key")
    if found.key is None:
        raise errors.Invalid(
            "key_unknown", f"No key was found in {file.name}.", "Give it with --from-key."
        )
    return found.key


async def _analyze(engine: Engine, file: Path, feature: str) -> analyzer.Analysis:
    with terminal.progress_bar("Analysing") as bar:
        return await analyzer.analyze(
            engine,
            source=file.absolute(),
            out_dir=None,
            features=(feature,),
            job="warp",
            duration_s=0.0,
            report=bar,
        )
