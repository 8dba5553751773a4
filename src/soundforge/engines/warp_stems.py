"""The stems of a song, faster or slower, higher or lower: ``python -m soundforge.engines.warp_stems``.

Params: ``stems`` (a list of ``{"name", "path"}``, all of one length), ``out_dir``,
``chunk_s`` (length of the chunks in whole seconds), ``rate``, ``semitones``, and for a constant
grid ``downbeats_s`` and ``bar_s`` instead of ``rate``. Written like a separation, with chunks and
peaks, so that the same player plays it; and their sum as ``mix.flac``. Every stem goes through one plan, so they stay aligned to the sample.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from soundforge.engines import runtime, warp
from soundforge.engines.decode import open_audio
from soundforge.engines.runtime import EngineError
from soundforge.engines.stem_track import CHANNELS
from soundforge.engines.stem_writer import StemWriter

if TYPE_CHECKING:
    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report

MIX: Final = "mix"
_WARPED: Final = 0.85  # of the work; the rest is writing


def warp_stems(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Warp ``params["stems"]``; return their files and their common length.

    Raises:
        EngineError: ``rate_out_of_range``, ``shift_out_of_range``, ``downbeats_invalid``,
            ``stems_differ``, ``no_audio``, ``warp_unavailable``, or a file cannot be decoded.
    """
    began = time.perf_counter()
    stems = [(stem["name"], Path(stem["path"])) for stem in params["stems"]]
    out_dir = Path(params["out_dir"])
    with open_audio(stems[0][1]) as reader:
        sample_rate_hz = reader.sample_rate_hz
    writer = StemWriter(
        out_dir,
        [*(name for name, _ in stems), MIX],
        sample_rate_hz,
        chunk_s=int(params["chunk_s"]),
    )
    try:
        for number, (name, path) in enumerate(stems):
            with open_audio(path) as reader:
                _check(reader, sample_rate_hz, path)
                for block in warp.blocks(reader, params):
                    writer.write_one(name, block)
                    done = min(1.0, writer.frames_of(name) / _expected(reader, params))
                    fraction = _WARPED * (number + done) / len(stems)
                    report(fraction, f"Stretching the {name}", stem=number + 1, stems=len(stems))
            if not writer.frames_of(name):
                raise EngineError("no_audio", f"{path.name} holds no audio.", "Separate it again.")
        _write_mix(writer, [name for name, _ in stems])
        report(_WARPED, "Writing")
        written = writer.finish(threads=int(params.get("threads") or 1))
    finally:
        writer.close()
    shutil.rmtree(out_dir / MIX)
    (out_dir / f"{MIX}.peaks").unlink()
    frames = writer.frames_of(stems[0][0])
    return {
        "stems": [
            {"stem_type": one.stem, "file_name": one.file_name, "size_bytes": one.size_bytes}
            for one in written
            if one.stem != MIX
        ],
        "mix_name": f"{MIX}.flac",
        "sample_rate_hz": sample_rate_hz,
        "frames": frames,
        "duration_s": frames / sample_rate_hz,
        "gain_db": 20 * math.log10(writer.gain),
        "took_s": round(time.perf_counter() - began, 3),
    }


def _write_mix(writer: StemWriter, names: list[str]) -> None:
    try:
        for block in writer.sums(names):
            writer.write_one(MIX, block)
    except ValueError as error:
        raise EngineError(
            "stems_differ", "The stems are not of one length.", "Separate the song again."
        ) from error


def _check(reader: AudioReader, sample_rate_hz: int, path: Path) -> None:
    if reader.sample_rate_hz != sample_rate_hz or reader.channels != CHANNELS:
        raise EngineError(
            "stems_differ", f"{path.name} is not like the other stems.", "Separate the song again."
        )


def _expected(reader: AudioReader, params: dict[str, Any]) -> float:
    return max(1.0, (reader.frames or 0) / float(params.get("rate") or 1.0))


if __name__ == "__main__":
    runtime.serve(warp_stems)
