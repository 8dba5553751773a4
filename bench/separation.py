"""Separation: ours against demucs 4.1.0, alternating, the same song, weights and threads.

    SFA_BENCH_ORACLE=/path/to/python python -m bench.separation [--seconds 27] [--rounds 2] [...]

SFA_BENCH_ORACLE is the Python of an environment with demucs (scripts/parity.sh makes one); without
it only ours is measured. The weights are random in the real architecture: speed and memory carry
over, errors in half precision do not (random weights are pessimistic). Ours counts from the start
of the work to stems on disk, loading and compiling the networks included; demucs from samples in
memory, its networks loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile

from tests.fixtures import demucs_weights

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-tests"
# name: model, stems that are asked for, precision
CASES = {
    "htdemucs": ("htdemucs", None, "f32"),
    "htdemucs f16": ("htdemucs", None, "f16"),
    "htdemucs_6s": ("htdemucs_6s", None, "f32"),
    "htdemucs_ft": ("htdemucs_ft", None, "f32"),
    "htdemucs_ft vocals": ("htdemucs_ft", ["vocals"], "f32"),
    "mdx_extra": ("mdx_extra", None, "f32"),
    "spleeter_2stems": ("spleeter_2stems", None, "f32"),
}


@dataclass(frozen=True)
class Taken:
    """What one run took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def main() -> int:
    """Measure the cases that were named, print a table and one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=list(CASES))
    parser.add_argument("--seconds", type=float, default=27)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    oracle = os.environ.get("SFA_BENCH_ORACLE", "")
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        song = write_song(Path(folder) / "song.wav", asked.seconds)
        for case in asked.cases:
            model = CASES[case][0]
            ours, theirs = [], []
            for _ in range(asked.rounds):
                ours.append(run_ours(case, song, asked.threads))
                if oracle and model in demucs_models():
                    theirs.append(run_theirs(oracle, model, song, asked.threads))
            tell(case, asked.seconds, ours, theirs)
    return 0


def demucs_models() -> set[str]:
    """Return the models that demucs has too."""
    return {model for model, _, _ in CASES.values()} - {"spleeter_2stems"}


def run_ours(case: str, song: Path, threads: int) -> Taken:
    """Run the engine's program once."""
    model, stems, precision = CASES[case]
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        params = {
            "model": model,
            "path": str(song),
            "out_dir": out,
            "models_dir": str(models_dir(model)),
            "stems": stems,
            "format": "wav",
            "threads": threads,
            "precision": precision,
        }
        request = {"type": "request", "job": "bench", "params": params}
        program = [sys.executable, "-m", "soundforge.engines.separate"]
        answer, used = timed(program, json.dumps(request) + "\n")
    value = json.loads(answer.splitlines()[-1])["value"]
    return Taken(value["took_s"], used[0], used[1])


def models_dir(model: str) -> Path:
    """Return a folder with the model's weights."""
    if model == "spleeter_2stems":
        return CACHE / "models"
    return demucs_weights.install(CACHE / "random", model)


def run_theirs(oracle: str, model: str, song: Path, threads: int) -> Taken:
    """Run demucs once, in its own environment."""
    weights = CACHE / "random" / "files" / model
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        program = [oracle, str(HERE / "plain_demucs.py"), model, str(weights), str(song), out]
        answer, _ = timed([*program, str(threads)], "")
    return Taken(**json.loads(answer.splitlines()[-1]))


def timed(command: list[str], text: str) -> tuple[str, tuple[float, float]]:
    """Run a program; return its output, CPU seconds and peak memory in MB."""
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(text)
        process.stdin.close()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:3]} failed")
    return output, (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def tell(case: str, seconds: float, ours: list[Taken], theirs: list[Taken]) -> None:
    """Print what a case took."""
    us = {key: [asdict(taken)[key] for taken in ours] for key in asdict(ours[0])}
    wall_s = statistics.median(us["wall_s"])
    line = (
        f"{case:20s} ours {wall_s:6.1f} s ({min(us['wall_s']):.1f}-{max(us['wall_s']):.1f}),"
        f" {seconds / wall_s:5.1f} x real time, CPU {statistics.median(us['cpu_s']):.0f} s,"
        f" peak {max(us['peak_mb']):.0f} MB"
    )
    found = {"case": case, "seconds": seconds, "ours": [asdict(taken) for taken in ours]}
    if theirs:
        walls = [taken.wall_s for taken in theirs]
        ratio = statistics.median(walls) / wall_s
        line += (
            f" | demucs {statistics.median(walls):6.1f} s ({min(walls):.1f}-{max(walls):.1f}),"
            f" peak {max(t.peak_mb for t in theirs):.0f} MB | ratio {ratio:.2f}"
        )
        found |= {"demucs": [asdict(taken) for taken in theirs], "ratio": ratio}
    print(line)
    print(json.dumps(found), flush=True)


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
