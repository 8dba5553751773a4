"""Chord labels: ``A:min7`` for programs, ``Am7`` for people; read, written, transposed.

The syntax is Harte's (ISMIR 2005): ``C:maj/3`` has its third in the bass, people write ``C/E``.
``N`` is no chord.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from soundforge.engines import note_names

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_CHORD: Final = "N"

PITCH_CLASSES: Final = note_names.SHARPS

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
    "dim7": ((0, 3, 6, 9), "dim7"),
    "hdim7": ((0, 3, 6, 10), "m7b5"),
    "sus4(b7)": ((0, 5, 7, 10), "7sus4"),
    "9": ((0, 4, 7, 10, 2), "9"),
    "maj9": ((0, 4, 7, 11, 2), "maj9"),
    "min9": ((0, 3, 7, 10, 2), "m9"),
    "11": ((0, 4, 7, 10, 2, 5), "11"),
    "13": ((0, 4, 7, 10, 2, 5, 9), "13"),
}
#: The degree that lies so many semitones above the root, as a bass is written.
DEGREES: Final = ("1", "b2", "2", "b3", "3", "4", "b5", "5", "b6", "6", "b7", "7")

_MINOR: Final = frozenset({"min", "min7", "min9", "dim", "dim7", "hdim7"})
_BY_SUFFIX: Final = {suffix: quality for quality, (_, suffix) in QUALITIES.items()}
_LABEL: Final = re.compile(
    r"([A-G])([#b]{0,9})(?::([a-z0-9()]+)(?:/(b?[1-7]))?|([a-z0-9]*)(?:/([A-G][#b]{0,9}))?)"
)
_NATURAL: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord.

    Args:
        root: Pitch class, 0 = C to 11 = B.
        quality: One of `QUALITIES`.
        bass: Its lowest note, in semitones above the root, 0 to 11.
    """

    root: int
    quality: str
    bass: int = 0

    @property
    def label(self) -> str:
        """For programs: ``A:min7``, ``C:maj/3``."""
        bass = f"/{DEGREES[self.bass]}" if self.bass else ""
        return f"{PITCH_CLASSES[self.root]}:{self.quality}{bass}"

    def name(self, notes: Sequence[str] = note_names.SHARPS) -> str:
        """For people: ``Am7``, ``C/E``; the twelve ``notes`` called as in `note_names.in_key`."""
        bass = f"/{notes[(self.root + self.bass) % 12]}" if self.bass else ""
        return f"{notes[self.root]}{QUALITIES[self.quality][1]}{bass}"

    @property
    def simple(self) -> Chord:
        """The major or minor chord that may stand for it; suspended and augmented are major."""
        return Chord(self.root, "min" if self.quality in _MINOR else "maj")

    @property
    def pitch_classes(self) -> frozenset[int]:
        """The pitch classes that sound in it."""
        steps = (*QUALITIES[self.quality][0], self.bass)
        return frozenset((self.root + step) % 12 for step in steps)

    def transposed(self, semitones: int) -> Chord:
        """Return it ``semitones`` higher; negative is lower."""
        return replace(self, root=(self.root + semitones) % 12)


def parse(label: str) -> Chord | None:
    """Read ``A:min7/b3`` or ``Am7/C``, sharps or flats; None for ``N``.

    Raises:
        ValueError: It is no label, or of a quality we do not know.
    """
    if label == NO_CHORD:
        return None
    found = _LABEL.fullmatch(label)
    quality = found and (found[3] or _BY_SUFFIX.get(found[5] or ""))
    degree = (found and found[4]) or "1"
    if not found or quality not in QUALITIES or degree not in DEGREES:
        raise ValueError(f"{label[:20]!r} is no chord; write one like C:maj, A:min7, Dm or N")
    root = _pitch_class(found[1] + found[2])
    bass = (_pitch_class(found[6]) - root) % 12 if found[6] else DEGREES.index(degree)
    return Chord(root, quality, bass)


def _pitch_class(name: str) -> int:
    return (_NATURAL[name[0]] + name.count("#") - name.count("b")) % 12


def transpose(label: str, semitones: int) -> str:
    """Return ``label`` as `Chord.label`, ``semitones`` higher; ``N`` stays.

    Raises:
        ValueError: See `parse`.
    """
    chord = parse(label)
    return chord.transposed(semitones).label if chord else NO_CHORD
