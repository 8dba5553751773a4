"""Chords by the larger network: the share of time on which the right one is named (WCSR)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.tasks import Score, Task, chords


def score(truth: Mapping[str, Any], estimate: Mapping[str, Any]) -> Score:
    """Return the same measures as the fast engine has, under names of their own."""
    return {f"{name}_best": value for name, value in chords.score(truth, estimate).items()}


TASK = Task(
    "chords",
    ("beats", "chords"),
    score,
    chords.ours,
    best=("chords",),
    gates={"chord_majmin_best": 0.95},
    goals={"chord_majmin_best": 0.98},
)
