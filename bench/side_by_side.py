"""Two separations: one after the other with all cores, or side by side with their share.

    python -m bench.side_by_side [--rounds 3] [--seconds 20] [model ...]

Three ways in turn: one after the other with all threads each; side by side with half of them each;
side by side with all of them each, as if nobody shared. Wall and CPU seconds of both together.
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

MODELS = ("spleeter_2stems", "htdemucs")


def main() -> int:
    """Measure, print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    half = max(1, asked.threads // 2)
    ways = {
        "one after the other": (False, asked.threads),
        "side by side, shared": (True, half),
        "side by side, each all": (True, asked.threads),
    }
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        for model in asked.models:
            taken: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
            for _ in range(asked.rounds):
                for way, (is_at_once, threads) in ways.items():
                    taken[way].append(
                        asyncio.run(two(model, song, asked.seconds, threads, is_at_once=is_at_once))
                    )
            for way, times in taken.items():
                walls, cpus = zip(*times, strict=True)
                print(
                    f"{model:16} {way:24} wall {statistics.median(walls):6.1f} s "
                    f"({min(walls):.1f}-{max(walls):.1f})  CPU {statistics.median(cpus):6.1f} s  "
                    f"load {os.getloadavg()[0]:.1f}",
                    flush=True,
                )
    return 0


async def two(
    model: str, song: Path, seconds: float, threads: int, *, is_at_once: bool
) -> tuple[float, float]:
    """Separate twice; return wall and CPU seconds."""
    began, used = time.perf_counter(), _children_s()
    both = [separate(model, song, seconds, threads) for _ in range(2)]
    if is_at_once:
        await asyncio.gather(*both)
    else:
        for one in both:
            await one
    return time.perf_counter() - began, _children_s() - used


async def separate(model: str, song: Path, seconds: float, threads: int) -> None:
    """Separate once, in a process of its own."""
    engine = Engine()
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        await separator.separate(
            engine,
            Models(models_dir(model), engine, precision="f32"),
            source=song,
            out_dir=Path(out),
            model=model,
            job="bench",
            duration_s=seconds,
            threads=threads,
            has_chunks=True,
            report=lambda *_: None,
        )


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())
