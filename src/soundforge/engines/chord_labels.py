"""Chord labels: ``A:min7`` for programs, ``Am7`` for people; read, written, transposed.

The syntax is Harte's (ISMIR 2005) without degrees and basses; ``N`` is no chord.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

NO_CHORD: Final = "N"

PITCH_CLASSES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

#: Every quality: the semitones above its root, and what people write behind the root.
QUALITIES: Final[dict[str, tuple[tuple[int, ...], str]]] = {
    "maj": ((0, 4, 7), ""),
    "min": ((0, 3, 7), "m"),
    "7": ((0, 4, 7, 10), "7"),
    "maj7": ((0, 4, 7, 11), "maj7"),
    "min7": ((0, 3, 7, 10), "m7"),
    "dim": ((0, 3, 6), "dim"),
    "aug": ((0, 4, 8), "aug"),
    "sus2": ((0, 2, 7), "sus2"),
    "sus4": ((0, 5, 7), "sus4"),
}

_MINOR: Final = frozenset({"min", "min7", "dim"})
_BY_SUFFIX: Final = {suffix: quality for quality, (_, suffix) in QUALITIES.items()}
_LABEL: Final = re.compile(r"([A-G])([#b]*)(?::([a-z0-9]+)|([a-z0-9]*))")
_NATURAL: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord without a bass of its own.

    Args:
        root: Pitch class, 0 = C to 11 = B.
        quality: One of `QUALITIES`.
    """

    root: int
    quality: str

    @property
    def label(self) -> str:
        """For programs: ``A:min7``."""
        return f"{PITCH_CLASSES[self.root]}:{self.quality}"

    @property
    def name(self) -> str:
        """For people: ``Am7``."""
        return f"{PITCH_CLASSES[self.root]}{QUALITIES[self.quality][1]}"

    @property
    def simple(self) -> Chord:
        """The major or minor chord that may stand for it; suspended and augmented are major."""
        return replace(self, quality="min" if self.quality in _MINOR else "maj")

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes that sound in it."""
        return frozenset((self.root + step) % 12 for step in QUALITIES[self.quality][0])

    def transposed(self, semitones: int) -> Chord:
        """Return it ``semitones`` higher; negative is lower."""
        return replace(self, root=(self.root + semitones) % 12)


def parse(label: str) -> Chord | None:
    """Read ``A:min7`` or ``Am7``, sharps or flats; None for ``N``.

    Raises:
        ValueError: It is no label, or of a quality we do not know.
    """
    if label == NO_CHORD:
        return None
    found = _LABEL.fullmatch(label)
    quality = found and (found[3] or _BY_SUFFIX.get(found[4] or ""))
    if not found or quality not in QUALITIES:
        raise ValueError(f"{label[:20]!r} is no chord; write one like C:maj, A:min7, Dm or N")
    accidentals = found[2].count("#") - found[2].count("b")
    return Chord((_NATURAL[found[1]] + accidentals) % 12, quality)


def transpose(label: str, semitones: int) -> str:
    """Return ``label`` as `Chord.label`, ``semitones`` higher; ``N`` stays.

    Raises:
        ValueError: See `parse`.
    """
    chord = parse(label)
    return chord.transposed(semitones).label if chord else NO_CHORD
