"""A recording becomes chords without a gap, and a key: ``python -m soundforge.engines.chords``.

Params: ``path``, and optional ``models_dir`` (for the networks), ``full`` (sevenths and others keep
their names) and ``best`` (see `analyze`). The analysis finds the chords; here they are told on their
own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from soundforge.engines import allocator, analyze, chord_labels, note_names, runtime

if TYPE_CHECKING:
    from soundforge.engines.runtime import Report

FEATURES: Final = ("beats", "chords", "key")
_SHORTEST_S: Final = 0.3


def chords(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Return ``chords``, ``key`` and ``engines``; who found the beats, and who the chords.

    A chord has ``chord``, its name in that key, ``start`` and ``end`` in seconds, ``confidence``.

    The chords follow one another from 0 to the end; what lasts less than 0.3 s belongs to the
    chord before it (at the beginning, to the one after). ``N`` is no chord. Silence has neither.

    Raises:
        EngineError: As `analyze.analyze`.
    """
    asked = {name: params.get(name) for name in ("path", "models_dir", "best")}
    found = analyze.analyze({**asked, "features": list(FEATURES)}, report)
    label = "label" if params.get("full") else "simple_label"
    notes = _notes(found["key"]["name"])
    rows = [
        {
            "chord": _name(one[label], notes),
            "start": one["start_s"],
            "end": one["end_s"],
            "confidence": one["confidence"],
        }
        for one in found["chords"]["segments"]
    ]
    return {
        "chords": _joined(rows),
        "key": found["key"]["name"],
        "engines": analyze.engines(found),
    }


def _notes(key: str | None) -> tuple[str, ...]:
    """Return how the twelve notes are written in a key."""
    if key is None:
        return note_names.SHARPS
    tonic, is_minor = note_names.key_of(key)
    return note_names.in_key(tonic, is_minor=is_minor)


def _name(label: str, notes: tuple[str, ...]) -> str:
    chord = chord_labels.parse(label)
    return chord.name(notes) if chord else chord_labels.NO_CHORD


def _joined(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one of neighbours with one name, and leave no splinters."""
    joined: list[dict[str, Any]] = []
    for row in rows:
        before = joined[-1] if joined else None
        if before is None:
            joined.append(dict(row))
        elif row["end"] - row["start"] < _SHORTEST_S:
            before["end"] = row["end"]
        elif before["chord"] == row["chord"]:
            lasted_s, lasts_s = before["end"] - before["start"], row["end"] - row["start"]
            sure_s = before["confidence"] * lasted_s + row["confidence"] * lasts_s
            before["confidence"] = round(sure_s / (lasted_s + lasts_s), 3)
            before["end"] = row["end"]
        elif len(joined) == 1 and before["end"] - before["start"] < _SHORTEST_S:
            joined = [{**row, "start": before["start"]}]
        else:
            joined.append(dict(row))
    return joined


if __name__ == "__main__":
    allocator.keep_what_was_freed()
    runtime.serve(chords)
