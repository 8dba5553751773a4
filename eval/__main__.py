"""Score our analysis, and plain librosa beside it, on music with known truth: ``make eval``.

``python -m eval [--tasks beats key] [--only PIECE …] [--json OUT] [--each] [--ours]``

Both hear the same files, one after the other, on one thread. A measure's mean is over all pieces
that have such a truth. The exit status is 1 when a gate is not reached.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from statistics import fmean
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from eval import dataset
from eval.dataset import Piece
from eval.tasks import Task, all_tasks
from soundforge.engines import protocol, pull_model, weights

RATE_HZ = 22_050
MODELS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-eval/models"
Rows = dict[str, dict[str, float]]


def main() -> int:
    """Build, run, score, print."""
    options = _options()
    tasks = [task for task in all_tasks() if options.tasks is None or task.name in options.tasks]
    usual = [task for task in tasks if not task.best]
    slow = [task for task in tasks if task.best]
    pieces = dataset.build(options.only)
    ours, best, plain = _Run(), _Run(), _Run()
    _fetch_networks(tasks)
    for number, piece in enumerate(pieces, start=1):
        print(f"\r{number}/{len(pieces)} {piece.name:<28}", end="", file=sys.stderr, flush=True)
        minutes = piece.truth["duration_s"] / 60
        if usual:
            ours.add(piece, minutes, *_ask_engine(piece, usual), usual)
        if slow_here := [task for task in slow if task.name in piece.truth["scored"]]:
            best.add(piece, minutes, *_ask_engine(piece, slow_here), slow_here)
        if not options.ours:
            plain.add(piece, minutes, *_ask_librosa(piece, usual), usual)
    print(file=sys.stderr)
    failed = _print(usual, ours, plain)
    if slow:
        print("\nwith the larger network")
        failed += _print(slow, best, _Run())
    if options.each:
        _print_each(ours)
        _print_each(best)
    if options.json:
        report = {
            "ours": ours.report(),
            "best": best.report(),
            "librosa": plain.report(),
            "failed": failed,
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if failed else 0


class _Run:
    """What one engine was worth and what it cost."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.seconds = self.minutes = 0.0

    def add(
        self, piece: Piece, minutes: float, found: dict[str, Any], took_s: float, tasks: list[Task]
    ) -> None:
        self.minutes += minutes
        self.seconds += took_s
        self.rows[piece.name] = {}
        for task in tasks:
            if task.name in found:
                self.rows[piece.name] |= task.score(piece.truth, found[task.name])

    def means(self) -> dict[str, float]:
        names = dict.fromkeys(name for row in self.rows.values() for name in row)
        return {
            name: fmean(row[name] for row in self.rows.values() if name in row) for name in names
        }

    def counts(self) -> dict[str, int]:
        names = dict.fromkeys(name for row in self.rows.values() for name in row)
        return {name: sum(name in row for row in self.rows.values()) for name in names}

    def report(self) -> dict[str, Any]:
        per_minute = self.seconds / self.minutes if self.minutes else None
        return {"mean": self.means(), "s_per_minute": per_minute, "pieces": self.rows}


def _ask_engine(piece: Piece, tasks: list[Task]) -> tuple[dict[str, Any], float]:
    """Run the engine as the server does, in a process; its own clock counts."""
    features = sorted({name for task in tasks for name in task.features})
    best = sorted({name for task in tasks for name in task.best})
    params = {"path": str(piece.mix), "features": features, "models_dir": str(MODELS), "best": best}
    command = [sys.executable, "-m", "soundforge.engines.analyze"]
    with tempfile.TemporaryDirectory(prefix="sfa-eval-") as out_dir:
        request = protocol.encode(protocol.Request(piece.name, {**params, "out_dir": out_dir}))
        done = subprocess.run(command, input=request, capture_output=True, check=False)
        answer = json.loads(done.stdout.splitlines()[-1])
        if answer["type"] != "result":
            raise SystemExit(f"{piece.name}: {answer}\n{done.stderr.decode()}")
        value = json.loads(Path(out_dir, answer["value"]["result_name"]).read_text())
    return {task.name: task.ours(value) for task in tasks}, value["took_s"]


def _ask_librosa(piece: Piece, tasks: list[Task]) -> tuple[dict[str, Any], float]:
    import librosa

    warnings.filterwarnings("ignore")
    if not _warm:  # the first call compiles; that is not counted
        _warm.append(True)
        samples = librosa.tone(440, sr=RATE_HZ, duration=6)
        for task in tasks:
            if task.librosa:
                task.librosa(samples, RATE_HZ)
    began_s = time.perf_counter()
    samples, _ = librosa.load(piece.mix, sr=RATE_HZ, mono=True)
    found = {task.name: task.librosa(samples, RATE_HZ) for task in tasks if task.librosa}
    return found, time.perf_counter() - began_s


_warm: list[bool] = []


def _fetch_networks(tasks: list[Task]) -> None:
    wanted = {name for task in tasks for name in task.features}
    for name, network in weights.network_descriptions().items():
        is_asked = not network.is_for_best or any(task.best for task in tasks)
        if is_asked and wanted & set(network.features):
            params = {"model": name, "models_dir": str(MODELS)}
            pull_model.pull(params, lambda *_, **__: None)


def _print(tasks: list[Task], ours: _Run, plain: _Run) -> list[str]:
    """Print the table; return the measures whose gate is not reached."""
    gates = {name: gate for task in tasks for name, gate in task.gates.items()}
    goals = {name: goal for task in tasks for name, goal in task.goals.items()}
    means, others, counts = ours.means(), plain.means(), ours.counts()
    print(f"{'measure':<18}{'pieces':>7}{'ours':>9}{'librosa':>9}{'gate':>7}{'goal':>7}")
    for name, mean in means.items():
        other = f"{others[name]:.3f}" if name in others else "-"
        gate, goal = (f"{of[name]:.2f}" if name in of else "" for of in (gates, goals))
        mark = "" if mean >= gates.get(name, mean) else "  below the gate"
        print(f"{name:<18}{counts[name]:>7}{mean:>9.3f}{other:>9}{gate:>7}{goal:>7}{mark}")
    speeds = [f"{run.seconds / run.minutes:.2f}" if run.minutes else "-" for run in (ours, plain)]
    print(f"{'s per minute':<18}{'':>7}{speeds[0]:>9}{speeds[1]:>9}")
    return [name for name, gate in gates.items() if means.get(name, 0.0) < gate]


def _print_each(run: _Run) -> None:
    for name, row in run.rows.items():
        print(f"{name:<28}", *(f"{measure} {value:.2f}" for measure, value in row.items()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Score the analysis on music with known truth.")
    parser.add_argument("--tasks", nargs="+", help="only these")
    parser.add_argument("--only", nargs="+", help="only these pieces")
    parser.add_argument("--json", type=Path, help="where to write everything")
    parser.add_argument("--each", action="store_true", help="print each piece, too")
    parser.add_argument("--ours", action="store_true", help="leave librosa out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
