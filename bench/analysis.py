"""Time the analysis engine against a plain librosa script, in one run.

``python -m bench.analysis [--rounds 3] [--duration-s 240] [--file SONG] [--json OUT]``

All run in a fresh process, in turn (A B C A B C …), so that a busy machine slows all. Our
engine runs twice: for what the script finds, and as it is used (all features, beats and bars by
BeatNet). What counts is the median of the rounds' ratios; for the same features without the
time of librosa's constant-Q chroma, which we do not have; with it the ratio is given as well.
The first librosa run, which fills numba's cache, is shown and not counted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from soundforge.engines import features, protocol, pull_model, weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE_HZ = 44_100
BPM = 124.0
#: What the librosa script finds, and no more.
SAME = ("chroma", "energy", "mfcc", "spectral", "tempo")
MODELS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-eval/models"
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))


@dataclass(frozen=True, slots=True)
class Run:
    """One process, from start to exit."""

    took_s: float
    cpu_s: float
    peak_mb: float
    answer: dict[str, Any]


def main() -> None:
    """Run the comparison, print a table, write JSON if asked."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        song = options.file or _make_song_elsewhere(Path(folder, "song.flac"), options.duration_s)
        first = run_librosa(song)
        for name in weights.network_descriptions():
            pull_model.pull({"model": name, "models_dir": str(MODELS)}, lambda *_, **__: None)
        rounds = [
            (
                run_librosa(song),
                run_engine(song, Path(folder), SAME, None),
                run_engine(song, Path(folder), features.NAMES, MODELS),
            )
            for _ in range(options.rounds)
        ]
        report = summarise(song, first, rounds)
    print(table(report))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def make_song(path: Path, duration_s: float) -> Path:
    """Write drums, bass and chords in A minor at `BPM`, stereo at 44.1 kHz; the same each time."""
    rng = np.random.default_rng(1)
    frames = round(duration_s * RATE_HZ)
    song = np.zeros((frames, 2))
    for beat in range(int(duration_s * BPM / 60)):
        at = round(beat * 60 / BPM * RATE_HZ)
        t = np.arange(min(round(60 / BPM * RATE_HZ), frames - at)) / RATE_HZ
        notes = CHORDS[beat // 4 % len(CHORDS)]
        tones = [np.sin(2 * np.pi * _hz(note) * k * t) / k for note in notes for k in (1, 2, 3, 4)]
        tonal = 0.03 * np.exp(-t) * np.sum(tones, axis=0)
        tonal += 0.1 * np.sin(2 * np.pi * _hz(notes[0] - 24) * t)
        tonal += 0.5 * np.sin(2 * np.pi * (50 + 80 * np.exp(-t * 40)) * t) * np.exp(-t * 12)
        noise = rng.normal(0, 0.3 if beat % 2 else 0.1, len(t)) * np.exp(-t * 20)
        song[at : at + len(t), 0] += tonal + noise
        song[at : at + len(t), 1] += 0.9 * tonal + 1.1 * noise
    soundfile.write(path, 0.9 * song / np.abs(song).max(), RATE_HZ, "PCM_16")
    return path


def run_librosa(song: Path) -> Run:
    """Run the plain script on ``song``."""
    script = Path(__file__).with_name("_plain_librosa.py")
    # Safely (-P): this folder's `queue.py` would hide the standard library's.
    return _run([sys.executable, "-P", str(script), str(song)], b"")


def run_engine(song: Path, folder: Path, names: Sequence[str], models_dir: Path | None) -> Run:
    """Run our engine on ``song`` for the features ``names``, its files written to ``folder``.

    The answer is what it found.
    """
    params = {"path": str(song.absolute()), "features": list(names)}
    params["models_dir"] = str(models_dir) if models_dir else None
    out_dir = folder / "out"
    request = protocol.Request("bench", {**params, "out_dir": str(out_dir)})
    command = [sys.executable, "-m", "soundforge.engines.analyze"]
    run = _run(command, protocol.encode(request))
    found = (out_dir / run.answer["value"]["result_name"]).read_text()
    return replace(run, answer=json.loads(found))


def summarise(song: Path, first: Run, rounds: list[tuple[Run, Run, Run]]) -> dict[str, Any]:
    """Return all figures, ready for JSON."""
    librosa, engine, whole = (list(runs) for runs in zip(*rounds, strict=True))
    without_cqt = [run.took_s - run.answer["parts"]["cqt_s"] for run in librosa]
    ratios = [a / b.took_s for a, b in zip(without_cqt, engine, strict=True)]
    ratios_cqt = [a.took_s / b.took_s for a, b, _ in rounds]
    ratios_whole = [a.took_s / c.took_s for a, _, c in rounds]
    found = whole[-1].answer
    return {
        "machine": {"cpus": os.cpu_count(), "arch": platform.machine(), "load": os.getloadavg()},
        "song_s": round(soundfile.info(song).duration, 1),
        "rounds": len(rounds),
        "librosa_first_s": round(first.took_s, 2),
        "librosa_s": [round(run.took_s, 2) for run in librosa],
        "librosa_without_cqt_s": [round(took_s, 2) for took_s in without_cqt],
        "engine_s": [round(run.took_s, 2) for run in engine],
        "whole_s": [round(run.took_s, 2) for run in whole],
        "whole_cpu_s": [round(run.cpu_s, 2) for run in whole],
        "librosa_cpu_s": [round(run.cpu_s, 2) for run in librosa],
        "engine_cpu_s": [round(run.cpu_s, 2) for run in engine],
        "librosa_peak_mb": max(round(run.peak_mb) for run in librosa),
        "engine_peak_mb": max(round(run.peak_mb) for run in engine),
        "whole_peak_mb": max(round(run.peak_mb) for run in whole),
        "ratio_whole": round(statistics.median(ratios_whole), 1),
        "ratio": round(statistics.median(ratios), 1),
        "ratio_with_cqt": round(statistics.median(ratios_cqt), 1),
        "bpm": [round(librosa[-1].answer["bpm"], 2), round(found["tempo"]["bpm"] or 0.0, 2)],
    }


def table(report: dict[str, Any]) -> str:
    """Return the figures for people."""
    peaks = [report[f"{name}_peak_mb"] for name in ("librosa", "engine", "whole")]
    cpu = [f"{name}_cpu_s" for name in ("librosa", "engine", "whole")]
    rows = [
        ("", "librosa", "same, no CQT", "same", "whole"),
        ("seconds, median", *_each(statistics.median, report, *_SECONDS)),
        ("seconds, best", *_each(min, report, *_SECONDS)),
        ("times faster", "", report["ratio"], report["ratio_with_cqt"], report["ratio_whole"]),
        ("processor s, best", *_each(min, report, cpu[0], "", *cpu[1:])),
        ("peak memory, MB", peaks[0], "", *peaks[1:]),
        ("tempo, BPM", report["bpm"][0], "", "", report["bpm"][1]),
    ]
    head = f"Analysis of {report['song_s']} s of stereo, {report['rounds']} rounds in turn"
    lines = [f"{name:<18}{a!s:>10}{b!s:>15}{c!s:>8}{d!s:>8}" for name, a, b, c, d in rows]
    return "\n".join([head, *lines, f"librosa's first run: {report['librosa_first_s']} s"])


_SECONDS = ("librosa_s", "librosa_without_cqt_s", "engine_s", "whole_s")


def _each(pick: Callable[[list[float]], float], report: dict[str, Any], *names: str) -> list[str]:
    return [f"{pick(report[name]):.2f}" if name else "" for name in names]


def _make_song_elsewhere(path: Path, duration_s: float) -> Path:
    """Make the song in another process: a child's peak memory counts its parent's too."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(make_song, path, duration_s).result()


def _run(command: list[str], request: bytes) -> Run:
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile() as asked,
        tempfile.TemporaryFile() as answered,
        tempfile.TemporaryFile() as log,
    ):
        asked.write(request)
        asked.seek(0)
        process = subprocess.Popen(command, stdin=asked, stdout=answered, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)  # not wait(): this tells the peak memory
        process.returncode = os.waitstatus_to_exitcode(status)
        took_s = time.perf_counter() - began
        answered.seek(0)
        log.seek(0)
        lines = answered.read().splitlines()
        if process.returncode or not lines:
            sys.stderr.buffer.write(log.read())
            raise SystemExit(f"{' '.join(command)} failed with status {process.returncode}")
    cpu_s = usage.ru_utime + usage.ru_stime
    return Run(took_s, cpu_s, usage.ru_maxrss / 1024, json.loads(lines[-1]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the analysis engine against librosa.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duration-s", type=float, default=240.0)
    parser.add_argument("--file", type=Path, help="a song of yours instead of the made one")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    return parser.parse_args()


def _hz(note: float) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


if __name__ == "__main__":
    main()
