"""The door to transcription: stems go in, notes and a MIDI file come out."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from soundforge import errors
from soundforge.audio import networks
from soundforge.audio.pulse import Pulse
from soundforge.audio.report import of_engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report

Drum: TypeAlias = Literal["kick", "snare", "hat", "other"]

#: What a stem may be; a name not among them is heard like ``other``.
STEM_TYPES: Final = ("bass", "vocals", "drums", "guitar", "piano", "other")
#: The grids that notes can be moved to; T is for triplets.
GRIDS: Final = ("1/4", "1/8", "1/8T", "1/16", "1/16T", "1/32")

#: What was hit, by the General MIDI percussion keys of ``drums``.
DRUMS: Final[Mapping[int, Drum]] = {36: "kick", 38: "snare", 42: "hat", 45: "other"}

_WITHOUT_NETWORK: Final = {"bass", "vocals", "drums"}
_FEATURES: Final = ("notes",)
_NO_PULSE: Final = Pulse()
_LEAST_TIMEOUT_S: Final = 120.0
_TIMEOUT_PER_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Args:
        onset_s: Start.
        offset_s: End, after the start.
        pitch: MIDI number, 60 is middle C; in ``drums`` the General MIDI percussion key.
        velocity: 1 to 127, from the energy.
        confidence: The same as a share, 0..1.
    """

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was heard.

    Args:
        notes: The notes of each stem, in order of onset; none for silence.
        path: The MIDI file: a tempo track, then a track per stem.
        tempo_bpm: Mean tempo of the beats that were given; None without.
        grid: The grid the notes lie on; None if they lie where they were played.
        took_s: Time the engine needed.
    """

    notes: dict[str, tuple[Note, ...]]
    path: Path
    tempo_bpm: float | None
    grid: str | None
    took_s: float


async def transcribe(  # noqa: PLR0913 -- one call says all of it; all by keyword
    engine: Engine,
    *,
    sources: Mapping[str, Path],
    out_path: Path,
    models_dir: Path,
    job: str,
    duration_s: float,
    report: Report,
    pulse: Pulse = _NO_PULSE,
    keys: Sequence[tuple[float, str]] = (),
    quantise: str | None = None,
    threads: int = 1,
    notes_path: Path | None = None,
    mirror: str = "",
) -> Transcription:
    """Write down the notes of stems in a process of its own.

    Args:
        engine: How engines are started.
        sources: Stems by their type, see `STEM_TYPES`; absolute paths, any format we read.
        out_path: The MIDI file to write; appears whole or not at all.
        models_dir: Where the network's weights lie; they are fetched if they are wanted and
            missing.
        job: Whose work this is, for the log.
        duration_s: Length of the song, for the time limit; 0 if unknown.
        report: Told the progress.
        pulse: The song's beats and bars: the file's tempo map and time signatures, and the ruler
            of ``quantise``.
        keys: When each key of the song begins and its name, see `keys.course`.
        quantise: One of `GRIDS`, or None to leave notes where they were played.
        threads: CPU threads of the network; 0 counts as 1.
        notes_path: Where the notes are kept as rows, for `read`; None to keep the MIDI file alone.
        mirror: Where the network comes from, see `networks.fetch`.

    Raises:
        errors.Invalid: ``grid_unknown``, ``beats_needed``, ``beats_invalid``, ``no_audio``, or
            a file cannot be decoded.
        errors.Unavailable: The network could not be fetched, or the engine crashed or hung; it
            may be tried again.
    """
    check_grid(quantise, pulse.beats_s)
    await _fetch(engine, models_dir, sources, job=job, report=report, mirror=mirror)

    with tempfile.TemporaryDirectory(prefix="sfa-notes-") as folder:
        rows_path = notes_path or Path(folder) / "notes.json"
        value = await engine.run(
            "transcribe",
            {
                "stems": [{"name": name, "path": str(path)} for name, path in sources.items()],
                "out": str(out_path),
                "notes_out": str(rows_path),
                "models_dir": str(models_dir),
                "beats_s": list(pulse.beats_s),
                "downbeats_s": list(pulse.downbeats_s),
                "beats_per_bar": pulse.beats_per_bar,
                "keys": [list(key) for key in keys],
                "quantise": quantise,
                "threads": threads,
            },
            job=job,
            timeout_s=max(_LEAST_TIMEOUT_S, _TIMEOUT_PER_S * duration_s * len(sources)),
            on_progress=of_engine(report),
            most_cores=max(1, threads),
        )
        notes = await asyncio.to_thread(read, rows_path)
    return Transcription(notes, out_path, _tempo_bpm(pulse.beats_s), quantise, value["took_s"])


def read(path: Path) -> dict[str, tuple[Note, ...]]:
    """Return the notes that `transcribe` kept, by stem, in order of onset.

    Raises:
        OSError: They are not there.
    """
    listed = json.loads(path.read_text(encoding="utf-8"))
    return {name: tuple(Note(**note) for note in notes) for name, notes in listed.items()}


def stem_type(name: str) -> str:
    """Return the stem type that a file's name tells: ``My bass.flac`` is a bass, else ``other``."""
    words = name.lower().replace("-", " ").replace("_", " ").replace(".", " ").split()
    return next((kind for kind in STEM_TYPES if kind in words), "other")


def check_grid(quantise: str | None, beats_s: Sequence[float] | None) -> None:
    """Check that notes can be moved to the grid ``quantise``; None asks for no grid.

    Raises:
        errors.Invalid: ``grid_unknown``, or there are no beats (``beats_needed``).
    """
    if quantise is not None and quantise not in GRIDS:
        raise errors.Invalid(
            "grid_unknown",
            f"There is no grid {quantise[:20]!r}.",
            f"Choose from {', '.join(GRIDS)}.",
        )
    if quantise is not None and not beats_s:
        raise errors.Invalid(
            "beats_needed",
            "Notes can be moved to a grid only where there are beats.",
            "Give a recording with a pulse, or do without the grid.",
        )


async def _fetch(
    engine: Engine,
    models_dir: Path,
    sources: Mapping[str, Path],
    *,
    job: str,
    report: Report,
    mirror: str,
) -> None:
    """Fetch the network if a stem wants it and it is missing: at 0, as it is none of the work."""
    is_wanted = bool(sources.keys() - _WITHOUT_NETWORK)
    if not is_wanted or not networks.missing(models_dir, _FEATURES):
        return

    def told(fraction: float, message: str, detail: dict[str, Any]) -> None:
        del fraction
        report(0.0, message, detail)

    if await networks.fetch(engine, models_dir, _FEATURES, job=job, report=told, mirror=mirror):
        raise errors.Unavailable(
            "weights_unreachable",
            "The network that hears notes could not be fetched.",
            "Check the connection and retry; bass, vocals and drums need no network.",
        )


def _tempo_bpm(beats_s: Sequence[float]) -> float | None:
    if len(beats_s) < 2:
        return None
    return 60 * (len(beats_s) - 1) / (beats_s[-1] - beats_s[0])
