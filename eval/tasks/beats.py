"""Tempo, beats and downbeats.

Tempo within 4 %: Acc1 at the notated tempo, Acc2 also at its double, triple, half and third.
Beats within 70 ms, the first 5 s left out: F measure, and continuity at the notated tempo (CMLt)
and at others (AMLt). A piece without an answer counts as wrong, not as left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mir_eval
import numpy as np

from eval.tasks import Score, Task

TOLERANCE = 0.04
FACTORS = (1, 2, 3, 1 / 2, 1 / 3)


def score(truth: Mapping[str, Any], estimate: Mapping[str, Any]) -> Score:
    """Return the measures that the truth allows."""
    if "beats" not in truth["scored"]:
        return {}
    found = _tempo(truth["tempo_bpm"], estimate["tempo_bpm"])
    beats = (_trimmed(truth["beats_s"]), _trimmed(estimate["beats_s"]))
    _, cmlt, _, amlt = mir_eval.beat.continuity(*beats)
    found |= {"beat_f": mir_eval.beat.f_measure(*beats), "beat_cmlt": cmlt, "beat_amlt": amlt}
    if "downbeats_s" in estimate:
        downbeats = (_trimmed(truth["downbeats_s"]), _trimmed(estimate["downbeats_s"]))
        found["downbeat_f"] = mir_eval.beat.f_measure(*downbeats)
    return found


def _tempo(truth_bpm: float, bpm: float | None) -> Score:
    if bpm is None:
        return {"tempo_acc1": 0.0, "tempo_acc2": 0.0}
    errors = [abs(bpm / (truth_bpm * factor) - 1) for factor in FACTORS]
    exact = {"tempo_error_pct": 100 * errors[0]} if errors[0] <= TOLERANCE else {}
    accurate = {"tempo_acc1": errors[0] <= TOLERANCE, "tempo_acc2": min(errors) <= TOLERANCE}
    return {name: float(value) for name, value in accurate.items()} | exact


def _trimmed(times_s: list[float]) -> Any:
    return mir_eval.beat.trim_beats(np.array(sorted(times_s), float))


def ours(value: Mapping[str, Any]) -> dict[str, Any]:
    """Take beats, downbeats and tempo from our engine's result."""
    return {
        "tempo_bpm": value["tempo"]["bpm"],
        "beats_s": value["beats"]["beats_s"],
        "downbeats_s": value["beats"]["downbeats_s"],
    }


def librosa(y: Any, sr: int) -> dict[str, Any]:
    """Ask librosa's beat tracker; it knows no downbeats."""
    import librosa

    bpm, beats_s = librosa.beat.beat_track(y=y, sr=sr, units="time")
    return {"tempo_bpm": float(np.ravel(bpm)[0]), "beats_s": beats_s.tolist()}


TASK = Task(
    "beats",
    ("beats", "tempo"),
    score,
    ours,
    librosa,
    gates={"tempo_acc1": 0.95, "tempo_acc2": 0.98, "beat_f": 0.94, "downbeat_f": 0.76},
    goals={"downbeat_f": 0.85},
)
