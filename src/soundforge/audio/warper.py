"""The door to the warp engine: recordings go in, faster, slower, higher or lower ones come out."""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.audio.report import of_engine
from soundforge.engines import warp_plan
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from soundforge.audio.engine import Engine
    from soundforge.audio.report import Report

_LEAST_TIMEOUT_S: Final = 120.0
_TIMEOUT_PER_S: Final = 2.0
_NEARLY_WHOLE: Final = 0.1  # beats; found bars and tempo agree far better, other counts never do


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


@dataclass(frozen=True, slots=True)
class WarpedStem:
    """One stem that was made.

    Args:
        stem_type: ``vocals``, ``drums`` …
        file_name: The master, FLAC of 24 bit; its name in the folder that was given.
        size_bytes: Size of the master.
    """

    stem_type: str
    file_name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class WarpedStems:
    """What a warp of stems made: masters, chunks and peaks like a separation's, and their sum.

    Args:
        stems: In the order of the request.
        mix_name: The sum of all, a file in the same folder.
        sample_rate_hz: Of every stem.
        frames: Of every stem.
        duration_s: The same in seconds.
        gain_db: What all files were changed by so that none clips: 0 or below.
        took_s: Time the engine needed.
    """

    stems: tuple[WarpedStem, ...]
    mix_name: str
    sample_rate_hz: int
    frames: int
    duration_s: float
    gain_db: float
    took_s: float


async def warp(  # noqa: PLR0913 -- one call says all of a warp; all by keyword
    engine: Engine,
    *,
    files: Sequence[tuple[Path, Path]],
    job: str,
    duration_s: float,
    report: Report,
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
    if not (math.isfinite(rate) and math.isfinite(semitones)):
        raise errors.Invalid("rate_out_of_range", "The rate is not a number.", "Send a number.")
    value = await engine.run(
        "warp",
        {
            "files": [{"path": str(path), "out": str(out)} for path, out in files],
            **_how(rate, semitones, grid),
        },
        job=job,
        timeout_s=_timeout_s(duration_s, rate),
        on_progress=of_engine(report),
        most_cores=1,
    )
    made = tuple(WarpedFile(**file) for file in value.pop("files"))
    return Warped(files=made, **value)


async def warp_stems(  # noqa: PLR0913 -- one call says all of a warp; all by keyword
    engine: Engine,
    *,
    sources: Mapping[str, Path],
    out_dir: Path,
    job: str,
    duration_s: float,
    chunk_s: int,
    report: Report,
    rate: float = 1.0,
    semitones: float = 0.0,
    grid: Grid | None = None,
    threads: int = 1,
) -> WarpedStems:
    """Warp the stems of one song, all alike, into ``out_dir``, as a player wants them.

    Args:
        engine: How engines are started.
        sources: Stereo stems of one length, by their type; absolute paths.
        out_dir: An existing folder.
        job: Whose work this is, for the log.
        duration_s: Length of the song, for the time limit; 0 if unknown.
        chunk_s: Length of the chunks to play it from, in seconds.
        report: Told the progress.
        rate: See `check`.
        semitones: See `check`.
        grid: Lay the bars on a constant grid; then ``rate`` is not used.
        threads: CPU threads that write; 0 counts as 1.

    Raises:
        errors.Invalid: See `check`; ``downbeats_invalid``, ``stems_differ``,
            ``warp_unavailable``, or a file cannot be decoded.
        errors.Unavailable: The engine crashed or hung; it may be tried again.
    """
    check(rate, semitones)
    value = await engine.run(
        "warp_stems",
        {
            "stems": [{"name": name, "path": str(path)} for name, path in sources.items()],
            "out_dir": str(out_dir),
            "chunk_s": chunk_s,
            "threads": threads,
            **_how(rate, semitones, grid),
        },
        job=job,
        timeout_s=_timeout_s(duration_s * len(sources), rate),
        on_progress=of_engine(report),
        most_cores=1,
    )
    made = tuple(WarpedStem(**stem) for stem in value.pop("stems"))
    return WarpedStems(stems=made, **value)


def check(rate: float, semitones: float) -> None:
    """Check that a song can run ``rate`` times as fast, ``semitones`` higher.

    Raises:
        errors.Invalid: ``rate_out_of_range`` (0.25 to 4), ``shift_out_of_range`` (-24 to 24).
    """
    try:
        warp_plan.check_rate(rate)
        warp_plan.check_semitones(semitones)
    except EngineError as error:
        raise errors.Invalid(error.code, error.message, error.next_step) from error


def is_change(rate: float, semitones: float) -> bool:
    """Tell whether anybody would hear it."""
    return max(abs(rate - 1), abs(semitones)) >= warp_plan.LEAST_CHANGE


def moved(time_s: float, *, rate: float = 1.0, grid: Grid | None = None) -> float:
    """Return when a moment of the recording sounds after a warp, in seconds."""
    if grid is None:
        return time_s / rate
    bars_s, bar_s = grid.downbeats_s, grid.bar_s
    # Before the first downbeat and after the last one time runs as in the bar beside it.
    number = min(max(0, bisect.bisect_right(bars_s, time_s) - 1), len(bars_s) - 2)
    lead_s = bars_s[0] * bar_s / (bars_s[1] - bars_s[0])
    share = (time_s - bars_s[number]) / (bars_s[number + 1] - bars_s[number])
    return lead_s + (number + share) * bar_s


def even_bars(downbeats_s: Sequence[float], rate: float, bpm: float | None = None) -> Grid | None:
    """Return the grid on which every bar lasts as long as the mean one, at ``rate``.

    Args:
        downbeats_s: Starts of the bars in the recording, ascending.
        rate: 2 is twice as fast.
        bpm: The tempo that ``rate`` leads to, where it is to be met exactly: then a bar has a whole
            number of its beats.

    Returns:
        The grid; None where there is no bar that is known from one end to the other.
    """
    if len(downbeats_s) < 2:
        return None
    bar_s = (downbeats_s[-1] - downbeats_s[0]) / (len(downbeats_s) - 1) / rate
    if bpm is not None:
        beats = bar_s * bpm / 60
        if abs(beats - round(beats)) < _NEARLY_WHOLE:
            bar_s = round(beats) * 60 / bpm
    return Grid(tuple(downbeats_s), bar_s)


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


def _how(rate: float, semitones: float, grid: Grid | None) -> dict[str, Any]:
    params: dict[str, Any] = {"rate": rate, "semitones": semitones}
    if grid is not None:
        params |= {"downbeats_s": list(grid.downbeats_s), "bar_s": grid.bar_s}
    return params


def _timeout_s(duration_s: float, rate: float) -> float:
    return max(_LEAST_TIMEOUT_S, _TIMEOUT_PER_S * duration_s / max(0.25, min(rate, 1.0)))
