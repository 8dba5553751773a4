"""``sfa warp``: another tempo, another key, no server."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from soundforge import errors
from soundforge.audio import keys, media, pulse, warper
from soundforge.audio.engine import Engine
from soundforge.cli import findings, listening, terminal

if TYPE_CHECKING:
    from soundforge.audio.analyzer import Analysis
    from soundforge.audio.warper import Grid
    from soundforge.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FEWEST_DOWNBEATS: Final = 2


@dataclass(frozen=True, slots=True)
class _Song:
    """What the song is: as somebody said, or as it was found; None or empty is not needed."""

    bpm: float | None
    key: str | None
    downbeats_s: tuple[float, ...] = ()


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--bpm", type=float, help="Make it run at this tempo.")
@click.option("--from-bpm", type=float, help="The song's tempo; found if not given.")
@click.option("--rate", type=float, help="Speed, 0.25 to 4; 2 is twice as fast.")
@click.option("--semitones", type=float, help="Shift of the pitch, -24 to 24.")
@click.option("--key", help="Shift to this key, as in 'A minor'.")
@click.option("--from-key", help="The song's key; found if not given.")
@click.option(
    "--steady",
    "is_steady",
    is_flag=True,
    help="Find the bars and lay each on a constant grid; alone, or with a tempo or a pitch.",
)
@click.option(
    "--downbeats",
    type=_FILE,
    help="The same with bars by hand: their starts, one time in seconds a line. Needs --bpm.",
)
@click.option(
    "--metre", default=4, type=click.IntRange(1, 16), help="Beats in a bar of --downbeats."
)
@click.option("--mix", type=_FILE, help="The whole song: it is listened to, not the first FILE.")
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
    mix: Path | None,
    out: Path,
    *,
    is_steady: bool,
    as_json: bool,
) -> None:
    """Change tempo and pitch of FILES, independently and in one pass.

    Several FILES, stems for instance, are changed alike and stay aligned to the sample; tempo,
    key and bars are found in the first, or in the --mix of them all.
    """
    _check_choice(bpm=bpm, rate=rate, semitones=semitones, key=key, steady=is_steady or None)
    grid = _by_hand(downbeats, bpm, metre) if downbeats else None
    engine, settings = Engine(), terminal.load_settings()
    limits = listening.limits(settings)
    durations_s = [
        (await media.probe(engine, file.absolute(), limits=limits, job="warp")).duration_s
        for file in files
    ]
    is_wanted = {
        "beats": is_steady and grid is None,
        "key": key is not None and from_key is None,
        "tempo": bpm is not None and from_bpm is None and grid is None,
    }
    features = tuple(name for name in is_wanted if is_wanted[name])
    song = await _heard(
        _Song(from_bpm, from_key), engine, settings, mix or files[0], features, max(durations_s)
    )
    if bpm is not None and song.bpm is not None:
        rate = warper.rate_between(song.bpm, bpm)
    if key is not None and song.key is not None:
        semitones = keys.semitones_between(song.key, key)
    wanted_rate, shift = rate if rate is not None else 1.0, semitones or 0.0
    with terminal.progress_bar("Warping") as bar:
        warped = await warper.warp(
            engine,
            files=_names(files, out),
            job="warp",
            duration_s=sum(durations_s),
            report=bar,
            rate=wanted_rate,
            semitones=shift,
            grid=grid or warper.even_bars(song.downbeats_s, wanted_rate, bpm),
        )
    if as_json:
        facts = {"rate": wanted_rate, "semitones": shift, "song": asdict(song)}
        terminal.echo(json.dumps({**facts, **asdict(warped)}))
        return
    for file in warped.files:
        terminal.echo(file.path)
    pace = "each bar on the grid" if grid or song.downbeats_s else f"{wanted_rate:.4g} x the speed"
    terminal.note(f"{pace}, {shift:+g} semitones, in {warped.took_s:.1f} s.")


async def _heard(
    said: _Song,
    engine: Engine,
    settings: Settings,
    file: Path,
    features: tuple[str, ...],
    duration_s: float,
) -> _Song:
    """Listen to ``file`` for what nobody said of the song; not at all if that is nothing."""
    if not features:
        return said
    made = await listening.hear(
        engine, settings, file, features, duration_s=duration_s, job="warp", title="Listening"
    )
    return _found(said, made, features, file)


def _check_choice(**options: object) -> None:
    if options["bpm"] is not None and options["rate"] is not None:
        raise click.UsageError("Give --bpm or --rate, not both.")
    if options["key"] is not None and options["semitones"] is not None:
        raise click.UsageError("Give --key or --semitones, not both.")
    if all(value is None for value in options.values()):
        raise click.UsageError("Say what to change: --bpm, --rate, --semitones, --key or --steady.")


def _by_hand(downbeats: Path, bpm: float | None, metre: int) -> Grid:
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


def _found(said: _Song, heard: Analysis, wanted: tuple[str, ...], file: Path) -> _Song:
    """Return the song as it was heard where nobody said it, and say so."""
    song, facts = said, list[str]()
    if "tempo" in wanted:
        if heard.tempo_bpm is None:
            raise errors.Invalid(
                "tempo_unknown", f"No tempo was found in {file.name}.", "Give it with --from-bpm."
            )
        song = replace(song, bpm=heard.tempo_bpm)
        facts.append(findings.tempo(heard.features["tempo"]))
    if "key" in wanted:
        if heard.key is None:
            raise errors.Invalid(
                "key_unknown", f"No key was found in {file.name}.", "Give it with --from-key."
            )
        song = replace(song, key=heard.key)
        facts.append(findings.key(heard.features["key"]))
    if "beats" in wanted:
        downbeats_s = pulse.read(heard.features["beats"]).downbeats_s
        if len(downbeats_s) < _FEWEST_DOWNBEATS:
            raise errors.Invalid(
                "downbeats_needed",
                f"No bars were found in {file.name} that can be relied on.",
                "Give their starts with --downbeats, or leave out --steady.",
            )
        song = replace(song, downbeats_s=downbeats_s)
        facts.append(f"{findings.metre(heard.features['beats'])}, {len(downbeats_s)} bars")
    terminal.note(f"Found in {file.name}: {'; '.join(facts)}.")
    return song


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
