"""Warm engines: from the start of a separation to its first segment, cold against warm.

    python -m bench.warm [--rounds 5] [--seconds 20] [model ...]

Alternating rounds on the same song: a process of its own (cold), the process that the round before
left (warm). The stems of all rounds must be the same files. Then what the warm process holds while
it waits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.separation import models_dir, write_song
from soundforge.audio import memory, separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.audio.warm import WarmEngines

MODELS = ("spleeter_2stems", "htdemucs")


def main() -> int:
    """Measure, print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        for model in asked.models:
            asyncio.run(measure(model, song, asked.seconds, asked.rounds, asked.threads))
    return 0


async def measure(model: str, song: Path, seconds: float, rounds: int, threads: int) -> None:
    """Run a model cold and warm in turn."""
    warm_engines = WarmEngines(idle_s=3600, max_runs=1000)
    engines = {"cold": Engine(), "warm": Engine(warm=warm_engines)}
    first: dict[str, list[float]] = {"cold": [], "warm": []}
    whole: dict[str, list[float]] = {"cold": [], "warm": []}
    hashes = set()
    await run(engines["warm"], model, song, seconds, threads)  # so that there is a warm one
    for _ in range(rounds):
        for how, engine in engines.items():
            first_s, whole_s, made = await run(engine, model, song, seconds, threads)
            first[how].append(first_s)
            whole[how].append(whole_s)
            hashes.add(made)
    kept = warm_engines.held_bytes((separator.ENGINE, model))
    await warm_engines.close()
    load = os.getloadavg()[0]
    for how in engines:
        print(
            f"{model:16} {how}  first segment {statistics.median(first[how]):6.2f} s "
            f"({min(first[how]):.2f}-{max(first[how]):.2f})  "
            f"whole {statistics.median(whole[how]):6.2f} s  load {load:.1f}"
        )
    same = "the same files" if len(hashes) == 1 else f"{len(hashes)} DIFFERENT RESULTS"
    print(f"{model:16} {same}; waits with {kept / 1e6:.0f} MB; free {free_mb()} MB", flush=True)


async def run(
    engine: Engine, model: str, song: Path, seconds: float, threads: int
) -> tuple[float, float, tuple[str, ...]]:
    """Separate once; return the seconds to the first segment, to the end, and the hashes."""
    began = time.perf_counter()
    times = []

    def note(fraction: float, message: str, detail: dict[str, object]) -> None:
        del fraction, message
        if "segment" in detail:
            times.append(time.perf_counter() - began)

    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        made = await separator.separate(
            engine,
            Models(models_dir(model), engine, precision="f32"),
            source=song,
            out_dir=Path(out),
            model=model,
            job="bench",
            duration_s=seconds,
            threads=threads,
            report=note,
        )
    hashes = tuple(stem.sha256 for stem in made.stems)
    return times[0], time.perf_counter() - began, hashes


def free_mb() -> int:
    """Return what the machine can give."""
    return (memory.available_bytes() or 0) // 1_000_000


if __name__ == "__main__":
    raise SystemExit(main())
