"""Memory of a separation by the length of the song: it must not grow.

    python -m bench.separation_memory [--models M ...] [--minutes N ...] [--segments 8]

Peak memory of the engine's process, with chunks (to hear it while it runs), as the app does it.
Spleeter runs to the end. The Demucs networks take minutes for each minute: a song is read whole
(its level is measured first), then the run is ended after ``--segments`` reports of progress, when
the buffers have reached their size; ``--segments 0`` runs to the end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from bench.separation import models_dir, write_song
from soundforge.storage.layout import CHUNK_S


def main() -> int:
    """Measure each model at each length; print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", nargs="+", default=["spleeter_2stems", "htdemucs"])
    parser.add_argument("--minutes", nargs="+", type=int, default=[1, 5, 10, 60, 120])
    parser.add_argument("--segments", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sfa-bench-") as folder:
        minute = write_song(Path(folder) / "minute.wav", 60)
        for minutes in asked.minutes:
            song = repeat(minute, Path(folder) / "song.flac", minutes)
            for model in asked.models:
                segments = 0 if model == "spleeter_2stems" else asked.segments
                peak_mb, reports, is_whole = run(model, song, segments)
                how = "to the end" if is_whole else f"ended after {reports} segments"
                print(f"{model:18s} {minutes:4d} min  peak {peak_mb:5.0f} MB, {how}")
                found = {"model": model, "minutes": minutes, "peak_mb": peak_mb}
                print(json.dumps({**found, "is_whole": is_whole, "reports": reports}), flush=True)
    return 0


def repeat(minute: Path, path: Path, minutes: int) -> Path:
    """Write ``minute`` so many times."""
    samples, rate_hz = soundfile.read(minute, dtype="float32")
    with soundfile.SoundFile(path, "w", rate_hz, 2, "PCM_16", format="FLAC") as file:
        for _ in range(minutes):
            file.write(samples)
    return path


def run(model: str, song: Path, segments: int) -> tuple[float, int, bool]:
    """Return the peak memory in MB, how often progress was told, and whether it came to the end."""
    with tempfile.TemporaryDirectory(dir=song.parent) as out:
        params = {
            "model": model,
            "path": str(song),
            "out_dir": out,
            "models_dir": str(models_dir(model)),
            "format": "flac",
            "chunk_s": CHUNK_S,
            "precision": "f32",
        }
        request = {"type": "request", "job": "bench", "params": params}
        with subprocess.Popen(
            [sys.executable, "-m", "soundforge.engines.separate"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.close()
            reports, last = 0, {"type": ""}
            for line in process.stdout:
                last = json.loads(line)
                reports += last.get("message") == "separating"
                if segments and reports == segments:
                    process.kill()
                    break
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
    is_whole = process.returncode == 0 and last["type"] == "result"
    if not is_whole and not reports:
        raise SystemExit(f"{model} failed: {last}")
    return usage.ru_maxrss / 1000, reports, is_whole


if __name__ == "__main__":
    sys.exit(main())
