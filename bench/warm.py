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
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.separation import models_dir, write_song
from soundforge.audio import memory, separator
from soundforge.audio.engine import Engine
from soundforge.audio.models import Models
from soundforge.audio.warm import WarmEngines

MODELS = ("spleeter_2stems", "htdemucs")


@dataclass(frozen=True)
class Taken:
    """What one separation took, and the hashes of its stems."""

    first_s: float
    first_cpu_s: float
    whole_s: float
    hashes: tuple[str, ...]


def main() -> int:
    """Measure, print lines for each model; 1 if a warm process ever made other stems."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        is_same = [
            asyncio.run(measure(model, song, asked.seconds, asked.rounds, asked.threads))
            for model in asked.models
        ]
    return 0 if all(is_same) else 1


async def measure(model: str, song: Path, seconds: float, rounds: int, threads: int) -> bool:
    """Run a model cold and warm in turn; return whether both always made the same stems."""
    warm_engines = WarmEngines(idle_s=3600, max_runs=1000)
    engines = {"cold": Engine(), "warm": Engine(warm=warm_engines)}
    taken: dict[str, list[Taken]] = {"cold": [], "warm": []}
    hashes = set()
    await run(engines["warm"], model, song, seconds, threads)  # so that there is a warm one
    for _ in range(rounds):
        for how, engine in engines.items():
            taken[how].append(await run(engine, model, song, seconds, threads))
            hashes.add(taken[how][-1].hashes)
    kept = warm_engines.held_bytes((separator.ENGINE, model))
    await warm_engines.close()
    load = os.getloadavg()[0]
    for how, runs in taken.items():
        first = [one.first_s for one in runs]
        print(
            f"{model:16} {how}  first segment {statistics.median(first):5.2f} s "
            f"({min(first):.2f}-{max(first):.2f}), "
            f"CPU {statistics.median(one.first_cpu_s for one in runs):5.2f} s; "
            f"whole {statistics.median(one.whole_s for one in runs):5.2f} s  load {load:.1f}"
        )
    same = "the same files" if len(hashes) == 1 else f"{len(hashes)} DIFFERENT RESULTS"
    print(f"{model:16} {same}; waits with {kept / 1e6:.0f} MB; free {free_mb()} MB", flush=True)
    return len(hashes) == 1


async def run(engine: Engine, model: str, song: Path, seconds: float, threads: int) -> Taken:
    """Separate once."""
    began, used = time.perf_counter(), cpu_s()
    times = []

    def note(fraction: float, message: str, detail: dict[str, object]) -> None:
        del fraction, detail
        if message == "separating" and not times:
            times.extend((time.perf_counter() - began, cpu_s() - used))

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
    return Taken(times[0], times[1], time.perf_counter() - began, hashes)


def cpu_s() -> float:
    """Return what the processes below this one have used."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())


def free_mb() -> int:
    """Return what the machine can give."""
    return (memory.available_bytes() or 0) // 1_000_000


if __name__ == "__main__":
    raise SystemExit(main())
