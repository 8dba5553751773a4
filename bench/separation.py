"""Separation: ours against demucs 4.1.0, alternating, the same song, weights and threads.

    SFA_BENCH_ORACLE=/path/to/python python -m bench.separation [CASE ...] [--json FILE] [...]

SFA_BENCH_ORACLE is the Python of an environment with demucs (scripts/parity.sh makes one); without
it only ours is measured. The weights are random in the real architecture: speed and memory carry
over, errors in half precision do not (random weights are pessimistic).

Both walls go to stems on disk. Ours begins with loading and compiling the networks, demucs' with
samples in memory and its networks loaded; our CPU seconds are those of the whole process, with the
start of Python, demucs' those of the separation alone. Both favour demucs.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench._processes import timed
from soundforge.engines import openvino_cpu
from tests.fixtures import demucs_weights

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-tests"


@dataclass(frozen=True)
class Case:
    """What is measured.

    Args:
        model: Its name.
        stems: What is asked of us; demucs always makes all.
        precision: Ours.
        shifts: Of demucs; 1 is its default.
        gate: The wall ratio that is asked for.
        aim: The one that we would like.
    """

    model: str
    stems: tuple[str, ...] | None = None
    precision: str = "f32"
    shifts: int = 1
    gate: float = 0.0
    aim: float = 0.0


CASES = {
    "htdemucs": Case("htdemucs", gate=1.3, aim=1.7),
    "htdemucs shifts0": Case("htdemucs", shifts=0, gate=1.3),
    "htdemucs f16": Case("htdemucs", precision="f16", gate=2.8, aim=5),
    "htdemucs_6s": Case("htdemucs_6s", gate=1.3),
    "mdx_extra": Case("mdx_extra", gate=1.5),
    "htdemucs_ft vocals": Case("htdemucs_ft", stems=("vocals",), gate=5),
    "htdemucs_ft": Case("htdemucs_ft", gate=1.3),
    "spleeter_2stems": Case("spleeter_2stems"),
}


@dataclass(frozen=True)
class Taken:
    """What one run took, and how many programs wanted a core when it ended."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    load: float


def main() -> int:
    """Measure the cases that were named, print a table and one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES), metavar="CASE")
    parser.add_argument("--seconds", type=float, default=27)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--json", type=Path, help="where to append the lines of JSON too")
    asked = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        for name in asked.cases:
            found = measure(name, song, asked)
            print(json.dumps(found), flush=True)
            if asked.json:
                with asked.json.open("a") as lines:
                    lines.write(json.dumps(found) + "\n")
    return 0


def measure(name: str, song: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Run a case, ours and theirs in turn; print it; return all there is to know."""
    case = CASES[name]
    found: dict[str, Any] = {"case": name, **asdict(case)}
    found |= {"seconds": asked.seconds, "threads": asked.threads}
    if case.precision == "f16" and not openvino_cpu.has_f16():
        found["skipped"] = "this CPU has no half precision"
        print(f"{name:20s} skipped: {found['skipped']}")
        return found
    oracle = os.environ.get("SFA_BENCH_ORACLE", "") if case.model != "spleeter_2stems" else ""
    ours, theirs = [], []
    for round_ in range(asked.rounds):
        runs = ["ours", "theirs"] if oracle else ["ours"]
        for who in reversed(runs) if round_ % 2 else runs:
            if who == "ours":
                ours.append(run_ours(case, song, asked.threads))
            else:
                theirs.append(run_theirs(oracle, case, song, asked.threads))
    found["ours"] = [asdict(taken) for taken in ours]
    print(f"{name:20s} ours   {told(ours)}, {asked.seconds / wall_of(ours):.1f} x real time")
    if case.precision == "f16":
        found["sdr_db"] = half_sdr_db(case, song, asked.threads)
        worst_db = min(found["sdr_db"].values())
        print(f"{'':20s} f16 against f32: {worst_db:.1f} dB (random weights, the worst stem)")
    if theirs:
        found["demucs"] = [asdict(taken) for taken in theirs]
        found["wall_ratio"] = wall_of(theirs) / wall_of(ours)
        found["cpu_ratio"] = cpu_of(theirs) / cpu_of(ours)
        print(f"{'':20s} demucs {told(theirs)}, shifts {case.shifts}")
        print(
            f"{'':20s} ratio: wall {found['wall_ratio']:.2f}, CPU {found['cpu_ratio']:.2f}"
            f" (gate {case.gate}{f', aim {case.aim}' if case.aim else ''})"
        )
    return found


def run_ours(case: Case, song: Path, threads: int, out: Path | None = None) -> Taken:
    """Run the engine's program once; its stems go to ``out``, if they are wanted."""
    with tempfile.TemporaryDirectory(dir=song.parent) as folder:
        params = {
            "model": case.model,
            "path": str(song),
            "out_dir": str(out or folder),
            "models_dir": str(models_dir(case.model)),
            "stems": case.stems,
            "format": "wav",
            "threads": threads,
            "precision": case.precision,
        }
        request = {"type": "request", "job": "bench", "params": params}
        program = [sys.executable, "-m", "soundforge.engines.separate"]
        answer, used = timed(program, json.dumps(request) + "\n")
    value = json.loads(answer.splitlines()[-1])["value"]
    return Taken(value["took_s"], used.cpu_s, used.peak_mb, os.getloadavg()[0])


def models_dir(model: str) -> Path:
    """Return a folder with the model's weights."""
    if model == "spleeter_2stems":
        return CACHE / "models"
    return demucs_weights.install(CACHE / "bench", model)


def run_theirs(oracle: str, case: Case, song: Path, threads: int) -> Taken:
    """Run demucs once, in its own environment."""
    weights = CACHE / "bench" / "files" / case.model
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        program = [oracle, str(HERE / "_plain_demucs.py"), case.model, str(weights), str(song), out]
        answer, _ = timed([*program, str(threads), str(case.shifts)], "")
    return Taken(**json.loads(answer.splitlines()[-1]), load=os.getloadavg()[0])


def half_sdr_db(case: Case, song: Path, threads: int) -> dict[str, float]:
    """Return how far half precision lies from full, for each stem, in dB."""
    found = {}
    with tempfile.TemporaryDirectory(dir=song.parent) as folder:
        for precision in ("f32", "f16"):
            out = Path(folder) / precision
            out.mkdir()
            run_ours(Case(case.model, case.stems, precision), song, threads, out)
        for path in sorted(Path(folder).glob("f32/*.wav")):
            exact, rough = (
                soundfile.read(Path(folder) / precision / path.name)[0]
                for precision in ("f32", "f16")
            )
            power, error = np.square(exact).sum(), np.square(exact - rough).sum()
            found[path.stem] = float(10 * np.log10(power / max(error, power * 1e-20)))
    return found


def wall_of(runs: list[Taken]) -> float:
    """Return the median wall time."""
    return statistics.median(taken.wall_s for taken in runs)


def cpu_of(runs: list[Taken]) -> float:
    """Return the median CPU time."""
    return statistics.median(taken.cpu_s for taken in runs)


def told(runs: list[Taken]) -> str:
    """Return medians and spread for people."""
    walls, cpus = [t.wall_s for t in runs], [t.cpu_s for t in runs]
    return (
        f"wall {wall_of(runs):6.1f} s ({min(walls):.1f}-{max(walls):.1f}),"
        f" CPU {cpu_of(runs):5.1f} s ({min(cpus):.1f}-{max(cpus):.1f}),"
        f" peak {max(t.peak_mb for t in runs):.0f} MB, load {max(t.load for t in runs):.1f}"
    )


def write_song(path: Path, seconds: float) -> Path:
    """Write tones, beats and noise."""
    rng = np.random.default_rng(0)
    t_s = np.arange(int(seconds * 44100)) / 44100
    tones = sum(0.08 * np.sin(2 * np.pi * f * t_s) * (1 + np.sin(f * t_s / 99)) for f in (110, 331))
    beats = rng.standard_normal(len(t_s)) * 0.2 * np.exp(-20 * (t_s % 0.5))
    sides = np.stack([tones + beats, 0.7 * tones + beats], axis=1)
    soundfile.write(path, sides.astype(np.float32), 44100, "FLOAT")
    return path


if __name__ == "__main__":
    sys.exit(main())
