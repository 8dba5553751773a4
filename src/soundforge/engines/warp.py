"""Recordings, faster or slower, higher or lower: ``python -m soundforge.engines.warp``.

Params: ``files`` (a list of ``{"path", "out"}``), ``rate``, ``semitones``, and for a constant
grid ``downbeats_s`` and ``bar_s`` instead of ``rate``. All files are changed alike and get
one common gain, so stems of one length still fit each other to the sample.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import soundfile

from soundforge.engines import runtime, stretch, warp_plan
from soundforge.engines.decode import open_audio
from soundforge.engines.runtime import EngineError
from soundforge.engines.stretch import Source, Stretcher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report
    from soundforge.engines.stretch import Samples
    from soundforge.engines.warp_plan import Plan

_FORMATS: Final = {".flac": ("FLAC", "PCM_24"), ".wav": ("WAV", "FLOAT")}
_WAV_LIMIT_BYTES: Final = 4_000_000_000  # its sizes have 32 bits
_WARPED: Final = 0.9  # of the work; the rest is writing
_WRITE_FRAMES: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class _Made:
    """A warped recording as raw float32, before its gain."""

    raw: Path
    out: Path
    channels: int
    sample_rate_hz: int
    frames: int
    loudest: float


def warp(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Warp ``params["files"]``; return their lengths and what was done.

    Raises:
        EngineError: ``rate_out_of_range``, ``shift_out_of_range``, ``downbeats_invalid``,
            ``format_unsupported``, ``no_audio``, ``warp_unavailable``, or a file cannot be
            decoded.
    """
    began = time.perf_counter()
    files = [(Path(file["path"]), Path(file["out"])) for file in params["files"]]
    for _, out in files:
        _check_format(out)
    made: list[_Made] = []
    try:
        for number, (path, out) in enumerate(files):
            part = _part(report, number, len(files))
            made.append(_warp_one(path, out, params, part))
        loudest = max((one.loudest for one in made if one.out.suffix == ".flac"), default=0.0)
        gain = 1 / loudest if loudest > 1 else 1.0
        for number, one in enumerate(made):
            report(_WARPED + (1 - _WARPED) * number / len(made), "Writing")
            _write(one, gain)
    finally:
        for _, out in files:
            _raw(out).unlink(missing_ok=True)
    return {
        "files": [_described(one) for one in made],
        "gain_db": decibels(gain),
        "took_s": round(time.perf_counter() - began, 3),
    }


def blocks(reader: AudioReader, params: dict[str, Any]) -> Iterator[Samples]:
    """Return a recording warped as ``params`` say, block by block ``(frames, channels)``.

    Raises:
        EngineError: ``rate_out_of_range``, ``shift_out_of_range``, ``downbeats_invalid`` or
            ``warp_unavailable``, before the first block.
    """
    semitones = float(params.get("semitones", 0.0))
    warp_plan.check_semitones(semitones)
    plan = _plan(params, reader.sample_rate_hz)
    if is_unchanged(params):
        return _as_it_is(Source(reader))
    voice = Stretcher(reader.channels, reader.sample_rate_hz, semitones)
    return stretch.stretched(Source(reader), plan, voice)


def decibels(gain: float) -> float:
    """Return a gain in decibels, to hundredths."""
    return round(20 * math.log10(gain), 2)


def is_unchanged(params: dict[str, Any]) -> bool:
    """Tell whether nobody would hear a difference, so that the samples are kept as they are."""
    change = abs(float(params.get("rate", 1.0)) - 1)
    return (
        not params.get("downbeats_s")
        and change < warp_plan.LEAST_CHANGE
        and abs(float(params.get("semitones", 0.0))) < warp_plan.LEAST_CHANGE
    )


def _warp_one(path: Path, out: Path, params: dict[str, Any], report: Report) -> _Made:
    with open_audio(path) as reader:
        plan = _plan(params, reader.sample_rate_hz)
        frames, loudest = _write_raw(blocks(reader, params), out, reader, plan, report)
        if not frames:
            raise EngineError("no_audio", f"{path.name} holds no audio.", "Send another file.")
        return _Made(_raw(out), out, reader.channels, reader.sample_rate_hz, frames, loudest)


def _plan(params: dict[str, Any], sample_rate_hz: int) -> Plan:
    if params.get("downbeats_s"):
        downbeats_s = [float(downbeat_s) for downbeat_s in params["downbeats_s"]]
        return warp_plan.on_grid(downbeats_s, float(params["bar_s"]), sample_rate_hz)
    return warp_plan.constant(float(params.get("rate", 1.0)))


def _as_it_is(source: Source) -> Iterator[Samples]:
    start = 0
    while (stop := source.reach(start + _WRITE_FRAMES)) > start:
        yield source.take(start, stop).copy()
        source.forget(stop)
        start = stop


def _write_raw(
    warped: Iterator[Samples], out: Path, reader: AudioReader, plan: Plan, report: Report
) -> tuple[int, float]:
    """Write the blocks as raw floats: only at the end is it known how loud they are."""
    expected = max(1.0, (reader.frames or 0) / plan.last_rate)
    frames, loudest = 0, 0.0
    with _raw(out).open("wb") as file:
        for block in warped:
            file.write(np.ascontiguousarray(block, np.float32).data)
            frames += len(block)
            if len(block):
                loudest = max(loudest, float(np.abs(block).max()))
            report(_WARPED * min(1.0, frames / expected), "Stretching")
    return frames, loudest


def _write(made: _Made, gain: float) -> None:
    """Give a finished file its name in one step; a half-written one is never seen."""
    form, subtype = _FORMATS[made.out.suffix]
    if form == "WAV" and made.frames * made.channels * 4 > _WAV_LIMIT_BYTES:
        form = "RF64"
    part = made.out.with_name(f".{made.out.name}.part")
    rate_hz = made.sample_rate_hz
    try:
        with (
            made.raw.open("rb") as raw,
            soundfile.SoundFile(part, "w", rate_hz, made.channels, subtype, format=form) as sound,
        ):
            while chunk := raw.read(_WRITE_FRAMES * made.channels * 4):
                samples = np.frombuffer(chunk, np.float32).reshape(-1, made.channels)
                sound.write(samples * np.float32(gain) if form == "FLAC" else samples)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        shutil.move(part, made.out)
    except soundfile.LibsndfileError as error:
        raise EngineError(
            "format_unsupported",
            f"A {form} file cannot hold {made.channels} channels at {rate_hz} Hz.",
            "Choose a name that ends in .wav.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _check_format(out: Path) -> None:
    if out.suffix not in _FORMATS:
        raise EngineError(
            "format_unsupported",
            f"{out.name} names no format that we write.",
            "Choose a name that ends in .flac or .wav.",
        )


def _raw(out: Path) -> Path:
    return out.with_name(f".{out.name}.raw")


def _described(made: _Made) -> dict[str, Any]:
    return {
        "path": str(made.out),
        "frames": made.frames,
        "sample_rate_hz": made.sample_rate_hz,
        "channels": made.channels,
        "duration_s": made.frames / made.sample_rate_hz,
    }


def _part(report: Report, number: int, count: int) -> Report:
    def tell(fraction: float, message: str, **detail: Any) -> None:
        report(
            (number * _WARPED + fraction) / count, message, file=number + 1, files=count, **detail
        )

    return tell


if __name__ == "__main__":
    runtime.serve(warp)
