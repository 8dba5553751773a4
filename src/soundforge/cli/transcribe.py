"""``sfa transcribe``: stems become a MIDI file, no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from soundforge import errors
from soundforge.audio import keys, media, pulse, transcriber
from soundforge.audio.engine import Engine
from soundforge.cli import listening, terminal

if TYPE_CHECKING:
    from soundforge.audio.analyzer import Analysis
    from soundforge.audio.pulse import Pulse
    from soundforge.audio.transcriber import Transcription
    from soundforge.settings import Settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The MIDI file."
)
@click.option(
    "--stem-type",
    type=click.Choice(transcriber.STEM_TYPES),
    help="What FILES are; by their names if not given, as in bass.flac.",
)
@click.option("--quantise", type=click.Choice(transcriber.GRIDS), help="Move notes to this grid.")
@click.option(
    "--mix",
    type=_FILE,
    help="The whole song: its beats, bars and keys are used, not the first FILE's.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the notes as JSON.")
@terminal.command
async def transcribe(
    files: tuple[Path, ...],
    out: Path,
    stem_type: str | None,
    quantise: str | None,
    mix: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write the notes of FILES, best one stem each, into a MIDI file with the song's tempo and bars."""
    settings = terminal.load_settings()
    engine = Engine()
    sources = _sources(files, stem_type)
    limits = listening.limits(settings)
    durations_s = [
        (await media.probe(engine, path, limits=limits, job="transcribe")).duration_s
        for path in sources.values()
    ]
    song = await _song(engine, settings, (mix or files[0]).absolute())
    played = pulse.read(song.features["beats"])
    out.parent.mkdir(parents=True, exist_ok=True)
    with terminal.progress_bar("Transcribing") as bar:
        made = await transcriber.transcribe(
            engine,
            sources=sources,
            out_path=out.absolute(),
            models_dir=settings.weights_dir,
            job="transcribe",
            duration_s=max(durations_s),
            report=bar,
            pulse=played,
            keys=keys.course(song.features["key"]),
            quantise=quantise,
            threads=settings.engine_threads,
            mirror=settings.models_mirror,
        )
    _tell(made, played, as_json=as_json)


def _sources(files: tuple[Path, ...], stem_type: str | None) -> dict[str, Path]:
    sources: dict[str, Path] = {}
    for file in files:
        kind = stem_type or transcriber.stem_type(file.stem)
        if kind in sources:
            raise errors.Invalid(
                "stem_twice",
                f"{sources[kind].name} and {file.name} are both taken for {kind}.",
                "Name the files by their stems (bass, drums, vocals …), or give one at a time.",
            )
        sources[kind] = file.absolute()
    return sources


async def _song(engine: Engine, settings: Settings, file: Path) -> Analysis:
    """Listen to the song for its beats, bars and keys."""
    return await listening.hear(
        engine,
        settings,
        file,
        ("beats", "key"),
        duration_s=0.0,
        job="transcribe",
        title="Finding the beats",
    )


def _tell(made: Transcription, played: Pulse, *, as_json: bool) -> None:
    if as_json:
        notes = {name: [asdict(note) for note in notes] for name, notes in made.notes.items()}
        facts = {
            "tempo_bpm": made.tempo_bpm,
            "beats_per_bar": played.beats_per_bar,
            "grid": made.grid,
            "took_s": made.took_s,
        }
        terminal.echo(json.dumps({**facts, "path": str(made.path), "notes": notes}))
        return
    terminal.echo(str(made.path))
    counts = ", ".join(f"{name} {len(notes)} notes" for name, notes in made.notes.items())
    tempo = f"{made.tempo_bpm:.1f} BPM" if made.tempo_bpm else "no pulse found, so 120 BPM"
    if made.tempo_bpm:
        metre = played.beats_per_bar
        tempo += f", {metre}/4" if metre else ", bars not clear enough to write"
    terminal.note(f"{counts}; {tempo}; in {made.took_s:.1f} s.")
