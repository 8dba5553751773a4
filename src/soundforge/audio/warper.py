"""The door to the warp engine: recordings go in, faster, slower, higher or lower ones come out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.models import ReportWithDetail
    from soundforge.engines.protocol import Progress

_LEAST_TIMEOUT_S: Final = 120.0
_TIMEOUT_PER_S: Final = 2.0
_PITCHES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KEY: Final = re.compile(r"([A-Ga-g])([#♯b♭]?)\s*(maj|major|m|min|minor)?")


@dataclass(frozen=True, slots=True)
class Grid:
    """Bars that shall all last the same.

    Args:
        downbeats_s: Starts of the bars in the recording, ascending.
        bar_s: What a bar shall last.
    """

    downbeats_s: tuple[float, ...]
    bar_s: float


@dataclass(frozen=True, slots=True)
class WarpedFile:
    """One recording that was made.

    Args:
        path: Where it is.
        frames: Its length: ``round(n / rate)``.
        sample_rate_hz: The recording's own.
        channels: The recording's own.
        duration_s: The length in seconds.
    """

    path: str
    frames: int
    sample_rate_hz: int
    channels: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class Warped:
    """What a warp made.

    Args:
        files: In the order of the request.
        gain_db: What all FLAC files were changed by so that none clips: 0 or below.
        took_s: Time the engine needed.
    """

    files: tuple[WarpedFile, ...]
    gain_db: float
    took_s: float


async def warp(  # noqa: PLR0913 -- one call says all of a warp; all by keyword
    engine: Engine,
    *,
    files: Sequence[tuple[Path, Path]],
    job: str,
    duration_s: float,
    report: ReportWithDetail,
    rate: float = 1.0,
    semitones: float = 0.0,
    grid: Grid | None = None,
) -> Warped:
    """Warp recordings, all alike, in a process of its own.

    Args:
        engine: How engines are started.
        files: Each recording and the name to write, which ends in ``.flac`` (24 bit) or
            ``.wav`` (float); absolute paths.
        job: Whose work this is, for the log.
        duration_s: Length of all recordings together, for the time limit; 0 if unknown.
        report: Told the progress.
        rate: 0.25 (a quarter of the speed) to 4; a change below 0.1 % is none.
        semitones: -24 to 24, fractions allowed.
        grid: Lay the bars on a constant grid; then ``rate`` is not used.

    Raises:
        errors.Invalid: ``rate_out_of_range``, ``shift_out_of_range``, ``downbeats_invalid``,
            ``format_unsupported``, ``warp_unavailable``, or a file cannot be decoded.
        errors.Unavailable: The engine crashed or hung; it may be tried again.
    """
    params: dict[str, Any] = {
        "files": [{"path": str(path), "out": str(out)} for path, out in files],
        "rate": rate,
        "semitones": semitones,
    }
    if not (math.isfinite(rate) and math.isfinite(semitones)):
        raise errors.Invalid("rate_out_of_range", "The rate is not a number.", "Send a number.")
    if grid is not None:
        params |= {"downbeats_s": list(grid.downbeats_s), "bar_s": grid.bar_s}

    def on_progress(progress: Progress) -> None:
        report(progress.fraction, progress.message, progress.detail)

    value = await engine.run(
        "warp",
        params,
        job=job,
        timeout_s=max(_LEAST_TIMEOUT_S, _TIMEOUT_PER_S * duration_s / max(0.25, min(rate, 1.0))),
        on_progress=on_progress,
    )
    made = tuple(WarpedFile(**file) for file in value.pop("files"))
    return Warped(files=made, **value)


def rate_between(from_bpm: float, to_bpm: float) -> float:
    """Return the rate that makes a song of one tempo run at another.

    Raises:
        errors.Invalid: ``tempo_invalid``: a tempo is not above 0.
    """
    if not (from_bpm > 0 and to_bpm > 0 and math.isfinite(from_bpm) and math.isfinite(to_bpm)):
        raise errors.Invalid(
            "tempo_invalid", "A tempo must be above 0 BPM.", "Give the song's tempo by hand."
        )
    return to_bpm / from_bpm


def semitones_between(from_key: str, to_key: str) -> int:
    """Return the smallest shift, -6 to 5 semitones, from one key to another.

    A major and a minor key count as equal when they share their notes: from C major to
    A minor is 0.

    Raises:
        errors.Invalid: ``key_unknown``.
    """
    return (_signature(to_key) - _signature(from_key) + 6) % 12 - 6


def _signature(key: str) -> int:
    """Return the pitch class of the major key with the same notes."""
    match = _KEY.fullmatch(key.strip())
    if match is None:
        raise errors.Invalid(
            "key_unknown", f"{key[:40]!r} is no key.", "Write it like: A minor, F# major, Bb major."
        )
    letter, accidental, mode = match.groups()
    pitch = _PITCHES[letter.upper()] + _ACCIDENTALS[accidental]
    is_minor = (mode or "").startswith("m") and not (mode or "").startswith("maj")
    return (pitch + 3 * is_minor) % 12
