"""Key: the weighted score of MIREX, where a fifth, a relative and a parallel key count a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mir_eval
import numpy as np

from eval.tasks import Score, Task

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
# Krumhansl and Kessler's profiles: what most scripts correlate a mean chroma with.
MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def score(truth: Mapping[str, Any], estimate: Mapping[str, Any]) -> Score:
    """Return the weighted score and whether the key is exact."""
    if "key" not in truth["scored"]:
        return {}
    if estimate["key"] is None:
        return {"key_mirex": 0.0, "key_exact": 0.0}
    weighted = mir_eval.key.weighted_score(truth["key"], estimate["key"])
    return {"key_mirex": weighted, "key_exact": float(weighted == 1.0)}


def ours(value: Mapping[str, Any]) -> dict[str, Any]:
    """Take the key from our engine's result."""
    return {"key": value["key"]["name"]}


def librosa(y: Any, sr: int) -> dict[str, Any]:
    """Correlate the mean constant-Q chroma with 24 profiles, as is usual."""
    import librosa

    mean = librosa.feature.chroma_cqt(y=y, sr=sr).mean(axis=1)
    scores = {
        f"{PITCH_CLASSES[tonic]} {mode}": np.corrcoef(np.roll(profile, tonic), mean)[0, 1]
        for tonic in range(12)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
    }
    return {"key": max(scores, key=lambda name: scores[name])}


TASK = Task(
    "key", ("key",), score, ours, librosa, gates={"key_mirex": 0.83}, goals={"key_mirex": 0.9}
)
