"""What was found along the time of the fake studio's songs: 25 s at 120 BPM, four beats a bar."""

from __future__ import annotations

from typing import Any

from soundforge.audio import chords
from soundforge.web.api.song import ChordOut

_NAMES = (("A:min", "A:min7"), ("F:maj", "F:maj7"), ("C:maj", "C:maj"), ("G:maj", "G:7"))
_PARTS = (
    (0.0, 4.0, "A", "intro"),
    (4.0, 12.0, "B", "verse"),
    (12.0, 20.0, "C", "chorus"),
    (20.0, 25.0, "A", None),
)


def timeline(labels: str = "simple", transpose: int = 0) -> dict[str, Any]:
    """Return what ``GET /api/v1/tracks/{id}/timeline`` would."""
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
    return {
        "beats_s": [0.5 * i for i in range(50)],
        "downbeats_s": [2.0 * i for i in range(13)],
        "beats_per_bar": 4,
        "chords": [ChordOut.of(one).model_dump() for one in found],
        "sections": [
            {"start_s": start_s, "end_s": end_s, "label": label, "name": name}
            for start_s, end_s, label, name in _PARTS
        ],
    }
