"""Two separations: one after the other with all cores, or side by side with their share of them.

    python -m bench.side_by_side [--rounds 3] [--seconds 20] [model ...]

Three ways in turn: one after the other; side by side, the cores shared out; side by side, each
free to go where it likes. Wall and CPU seconds of both together.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path

from bench.separation import models_dir, write_song
from soundforge.audio import separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.storage.layout import CHUNK_S

MODELS = ("spleeter_2stems", "htdemucs")


def main() -> int:
    """Measure, print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    ways = ("one after the other", "side by side, shared", "side by side, free")
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        for model in asked.models:
            taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
            for _ in range(asked.rounds):
                for way in ways:
                    taken[way].append(asyncio.run(two(way, model, song, asked.seconds)))
            for way, times in taken.items():
                walls, cpus = zip(*times, strict=True)
                print(
                    f"{model:16} {way:24} wall {statistics.median(walls):6.1f} s "
                    f"({min(walls):.1f}-{max(walls):.1f})  CPU {statistics.median(cpus):6.1f} s  "
                    f"load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    return 0


async def two(way: str, model: str, song: Path, seconds: float) -> tuple[float, float]:
    """Separate twice; return wall and CPU seconds."""
    began, used = time.perf_counter(), _children_s()
    one = Engine()
    other = one if way.endswith("shared") else Engine()
    if way.startswith("one after"):
        await separate(one, model, song, seconds)
        await separate(other, model, song, seconds)
    else:
        await asyncio.gather(
            separate(one, model, song, seconds), separate(other, model, song, seconds)
        )
    return time.perf_counter() - began, _children_s() - used


async def separate(engine: Engine, model: str, song: Path, seconds: float) -> None:
    """Separate once."""
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        await separator.separate(
            engine,
            Models(models_dir(model), engine, precision="f32"),
            source=song,
            out_dir=Path(out),
            model=model,
            job="bench",
            duration_s=seconds,
            threads=engine.cores.count,
            chunk_s=CHUNK_S,
            report=lambda *_: None,
        )


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
