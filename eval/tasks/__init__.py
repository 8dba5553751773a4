"""What is scored: one file for each task, found by its ``TASK``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Score = dict[str, float]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that an analysis finds.

    Args:
        name: What ``--tasks`` calls it.
        features: The analysis features that our engine is asked for.
        score: Scores an estimate, ``(truth, estimate)``; empty where the piece has no such truth.
        ours: Takes the estimate from our engine's result.
        best: The features that the larger network is to hear; such a task is run by itself.
        librosa: Makes the estimate in the plain way, ``(samples, rate_hz)``; None where librosa
            has no such function.
        gates: The least mean that each measure must reach with our engine.
        goals: What is hoped for.
    """

    name: str
    features: tuple[str, ...]
    score: Callable[[Mapping[str, Any], Mapping[str, Any]], Score]
    ours: Callable[[Mapping[str, Any]], dict[str, Any]]
    librosa: Callable[[Any, int], dict[str, Any]] | None = None
    best: tuple[str, ...] = ()
    gates: Mapping[str, float] = field(default_factory=dict)
    goals: Mapping[str, float] = field(default_factory=dict)


def all_tasks() -> list[Task]:
    """Return every task of this folder, in the order of the names."""
    modules = (
        importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)
    )
    return [module.TASK for module in modules]
