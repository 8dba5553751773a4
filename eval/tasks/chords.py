"""Chords: the share of time on which the right major or minor chord is named (WCSR)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import mir_eval
import numpy as np

from eval.tasks import Score, Task

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
THIRDS = {"maj": (0, 4, 7), "min": (0, 3, 7)}


def score(truth: Mapping[str, Any], estimate: Mapping[str, Any]) -> Score:
    """Return the weighted overlap of major and minor chords, and of their roots alone."""
    if "chords" not in truth["scored"]:
        return {}
    spans, labels = _columns(truth["chords"])
    found_spans, found_labels = mir_eval.util.adjust_intervals(
        *_columns(estimate["chords"]), spans.min(), spans.max(), "N", "N"
    )
    merged, wanted, found = mir_eval.util.merge_labeled_intervals(
        spans, labels, found_spans, found_labels
    )
    durations = mir_eval.util.intervals_to_durations(merged)
    return {
        f"chord_{name}": mir_eval.chord.weighted_accuracy(compare(wanted, found), durations)
        for name, compare in (("majmin", mir_eval.chord.majmin), ("root", mir_eval.chord.root))
    }


def ours(value: Mapping[str, Any]) -> dict[str, Any]:
    """Take the simple labels from our engine's result."""
    return {
        "chords": [
            {"start_s": one["start_s"], "end_s": one["end_s"], "label": one["simple_label"]}
            for one in value["chords"]["segments"]
        ]
    }


def librosa(y: Any, sr: int) -> dict[str, Any]:
    """Compare a smoothed constant-Q chroma with 24 triads, frame by frame, as is usual."""
    import librosa

    chroma = librosa.feature.chroma_cqt(y=y, sr=sr)
    smooth = librosa.decompose.nn_filter(chroma, aggregate=np.median, metric="cosine")
    triads = np.array(
        [
            np.isin(np.arange(12), [(root + step) % 12 for step in steps])
            for steps in THIRDS.values()
            for root in range(12)
        ]
    )
    names = [f"{root}:{quality}" for quality in THIRDS for root in PITCH_CLASSES]
    best = (triads @ np.maximum(smooth, 0)).argmax(axis=0)
    times_s = librosa.frames_to_time(np.arange(len(best) + 1), sr=sr)
    edges = [0, *(np.flatnonzero(best[1:] != best[:-1]) + 1), len(best)]
    return {
        "chords": [
            {
                "start_s": float(times_s[first]),
                "end_s": float(times_s[end]),
                "label": names[best[first]],
            }
            for first, end in pairwise(edges)
        ]
    }


def _columns(chords: list[dict[str, Any]]) -> tuple[Any, list[str]]:
    spans = np.array([[one["start_s"], one["end_s"]] for one in chords], float).reshape(-1, 2)
    return spans, [one["label"] for one in chords]


TASK = Task(
    "chords",
    ("beats", "chords"),
    score,
    ours,
    librosa,
    gates={"chord_majmin": 0.92},
    goals={"chord_majmin": 0.93},
)
