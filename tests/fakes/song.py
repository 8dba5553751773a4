"""What was found along the time of the fake studio's songs: 25 s at 120 BPM, four beats a bar."""

from __future__ import annotations

import dataclasses
from typing import Any

from soundforge.audio import chords
from soundforge.web.api.song_rows import ChordOut
from soundforge.web.song_view import CueView, LandmarksView, LoopView

_NAMES = (("A:min", "A:min7"), ("F:maj", "F:maj7"), ("C:maj", "C:maj"), ("G:maj", "G:7"))
_PARTS = (
    (0.0, 4.0, "A", "intro"),
    (4.0, 12.0, "B", "verse"),
    (12.0, 20.0, "C", "chorus"),
    (20.0, 25.0, "A", None),
)
_CUES = (
    (0.0, "start", "Start"),
    (4.0, "section", "Verse"),
    (12.0, "drop", "Drop"),
    (20.0, "section", "Section A"),
    (25.0, "end", "End"),
)
_LEVELS = (0.3, 0.5, 0.4, 1.0, 0.9, 0.6, 0.2)
_KEYS = (
    {"name": "A minor", "camelot": "8A", "confidence": 0.2},
    {"name": "C major", "camelot": "8B", "confidence": 0.1},
)
_LOOPS = ((12.0, 16.0, 2, 0.91), (4.0, 6.0, 1, 0.8))


def landmarks(rate: float = 1.0, name: str = "recorded") -> LandmarksView:
    """Return the cue points and loops of a song that runs at ``rate``."""
    return LandmarksView(
        id=f"analysis-{name}",
        cues=tuple(CueView(at_s / rate, kind, label) for at_s, kind, label in _CUES),
        loops=tuple(
            LoopView(start_s / rate, end_s / rate, bars, 4 * bars, score)
            for start_s, end_s, bars, score in _LOOPS
        ),
    )


def timeline(labels: str = "simple", transpose: int = 0, rate: float = 1.0) -> dict[str, Any]:
    """Return what ``GET /api/v1/tracks/{id}/timeline`` would of a version that runs at ``rate``."""
    segments = [
        {
            "start_s": 2.0 * i,
            "end_s": min(25.0, 2.0 * i + 2),
            "label": _NAMES[i % 4][1],
            "simple_label": _NAMES[i % 4][0],
            "confidence": 0.3 if i % 4 == 3 else 0.9,
        }
        for i in range(13)
    ]
    found = chords.read(
        {"chords": {"segments": segments}}, is_full=labels == "full", transpose=transpose
    )
    marks = landmarks(rate)
    return {
        "beats_s": [0.5 * i / rate for i in range(50)],
        "downbeats_s": [2.0 * i / rate for i in range(13)],
        "beats_per_bar": 4,
        "chords": [_moved(ChordOut.of(one).model_dump(), rate) for one in found],
        "sections": [
            {"start_s": start_s / rate, "end_s": end_s / rate, "label": label, "name": name}
            for start_s, end_s, label, name in _PARTS
        ],
        "cue_points": [
            {"time_s": cue.time_s, "kind": cue.kind, "label": cue.label, "colour": "#ff5252"}
            for cue in marks.cues
        ],
        "markers": [
            {"time_s": 9.0 / rate, "kind": "build_up", "intensity": 0.4},
            {"time_s": 12.0 / rate, "kind": "drop", "intensity": 0.8},
        ],
        "loops": [dataclasses.asdict(loop) for loop in marks.loops],
        "energy": {
            "times_s": [(0.5 * i + 0.25) / rate for i in range(50)],
            "values": [_LEVELS[i // 8 % len(_LEVELS)] for i in range(50)],
        },
        "tempi": [{"at_s": i / rate, "bpm": (120.0 + i % 7) * rate} for i in range(4, 22, 2)],
        "keys": [
            {"start_s": 0.0, "end_s": 12.0 / rate, **_KEYS[0]},
            {"start_s": 12.0 / rate, "end_s": 25.0 / rate, **_KEYS[1]},
        ],
    }


def _moved(chord: dict[str, Any], rate: float) -> dict[str, Any]:
    return {**chord, "start_s": chord["start_s"] / rate, "end_s": chord["end_s"] / rate}
