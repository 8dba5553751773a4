"""Score the notes of stems with known truth: ``python -m eval.notes [--only PIECE …] [--each]``.

Onset F1: a note is right when it starts within 50 ms and its pitch is within 50 cents; ends do
not count. The first minute of each stem is scored. A stem whose sounds do not have their
written pitch is left out. The exit status is 1 when a gate is not reached.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import mir_eval
import numpy as np

from eval import dataset
from eval.dataset import Piece
from soundforge.engines import protocol, pull_model

GATES = {"bass": 0.90, "other": 0.62}
GOALS = {"other": 0.70}
LIMIT_S = 60.0
LEAST_S = 0.03
MODELS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "soundforge-eval/models"


def main() -> int:
    """Transcribe every stem, score it, print the means."""
    options = _options()
    pull_model.pull({"model": "basic_pitch", "models_dir": str(MODELS)}, lambda *_, **__: None)
    rows: dict[str, dict[str, float]] = {name: {} for name in GATES}
    for piece in dataset.build(options.only):
        for name, scores in rows.items():
            stem = piece.stem(name)
            if stem is None or "notes" not in piece.truth["scored"]:
                continue
            if name in piece.truth.get("unscored_stems", ()):
                continue
            scores[piece.name] = onset_f1(piece.truth["notes"][name], _heard(piece, name, stem))
            if options.each:
                print(f"{piece.name:<28}{name:<8}{scores[piece.name]:.3f}", flush=True)
    means = {name: fmean(scores.values()) for name, scores in rows.items() if scores}
    print(f"{'stem':<8}{'pieces':>7}{'F1':>9}{'gate':>7}{'goal':>7}")
    for name, mean in means.items():
        print(
            f"{name:<8}{len(rows[name]):>7}{mean:>9.3f}{GATES[name]:>7.2f}{GOALS.get(name, ''):>7}"
        )
    return int(any(mean < GATES[name] for name, mean in means.items()))


def onset_f1(truth: list[dict[str, Any]], found: list[dict[str, Any]]) -> float:
    """Return the F1 of the notes that start in the first minute; 0 where one side has none."""
    wanted, heard = (
        [note for note in notes if note["onset_s"] < LIMIT_S] for notes in (truth, found)
    )
    if not wanted or not heard:
        return 0.0
    score = mir_eval.transcription.precision_recall_f1_overlap(
        *_columns(wanted), *_columns(heard), offset_ratio=None
    )
    return float(score[2])


def _columns(notes: list[dict[str, Any]]) -> tuple[Any, Any]:
    spans = [(n["onset_s"], max(n["offset_s"], n["onset_s"] + LEAST_S)) for n in notes]
    return np.array(spans), 440 * 2 ** ((np.array([n["pitch"] for n in notes]) - 69) / 12)


def _heard(piece: Piece, name: str, stem: Path) -> list[dict[str, Any]]:
    """Ask the engine, in a process, as the server does."""
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "notes.json"
        params = {
            "stems": [{"name": name, "path": str(stem)}],
            "out": str(Path(folder) / "song.mid"),
            "notes_out": str(notes),
            "models_dir": str(MODELS),
        }
        request = protocol.encode(protocol.Request(piece.name, params))
        command = [sys.executable, "-m", "soundforge.engines.transcribe"]
        done = subprocess.run(command, input=request, capture_output=True, check=False)
        if not notes.exists():
            raise SystemExit(f"{piece.name} {name}: {done.stdout!r}\n{done.stderr.decode()}")
        found: list[dict[str, Any]] = json.loads(notes.read_text())[name]
        return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Score notes on stems with known truth.")
    parser.add_argument("--only", nargs="+", help="only these pieces")
    parser.add_argument("--each", action="store_true", help="print each piece, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
