"""Names of notes as musicians write them in a key: B♭ in F major is no A♯.

Notes lie on the line of fifths, … E♭ B♭ F C G D …; a name is chosen near the tonic there
(D. Temperley, "The Cognition of Basic Musical Structures", 2001, chapter 5).
"""

from __future__ import annotations

from typing import Final

#: By pitch class, where no key is known.
SHARPS: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_LETTERS: Final = "FCGDAEB"
_FLATTEST_TONIC: Final = -5  # D flat major; its neighbour is F sharp major
_BELOW: Final = 5  # a major key borrows down to its flat second, a minor key to its own …
_RAREST: Final = (-6, 11)  # … but nobody wants to read C flat, B sharp or F double sharp


def in_key(tonic: int, *, is_minor: bool) -> tuple[str, ...]:
    """Return the names of the twelve pitch classes in a key.

    Args:
        tonic: Pitch class, 0 = C to 11 = B.
        is_minor: Its mode; a minor key is written like its relative major, but for the
            leading notes of its chords.
    """
    home = _position(tonic + 3 * is_minor, _FLATTEST_TONIC)
    lowest = home - _BELOW + 2 * is_minor  # … and has a raised leading note
    return tuple(_name(_position(pitch, lowest)) for pitch in range(12))


def of_key(tonic: int, *, is_minor: bool) -> str:
    """Return ``Bb major`` or ``F# minor``: the key with the fewer accidentals."""
    return f"{in_key(tonic, is_minor=is_minor)[tonic]} {'minor' if is_minor else 'major'}"


def pitch_class(name: str) -> int:
    """Return the pitch class, 0 = C to 11 = B, of a note as musicians write it: ``Bb``, ``F#``."""
    fifths = _LETTERS.index(name[0]) - 1
    return (7 * fifths + name.count("#") - name.count("b")) % 12


def key_of(name: str) -> tuple[int, bool]:
    """Return the tonic's pitch class and whether it is minor, of a key like ``Bb major``."""
    tonic, mode = name.split()
    return pitch_class(tonic), mode == "minor"


def _position(pitch: int, lowest: int) -> int:
    """Return where a pitch class is on the line of fifths, C = 0, from ``lowest`` upwards."""
    position = lowest + (7 * pitch - lowest) % 12
    if position < _RAREST[0]:
        return position + 12
    return position - 12 if position > _RAREST[1] else position


def _name(position: int) -> str:
    accidentals, letter = divmod(position + 1, 7)
    return _LETTERS[letter] + ("#" * accidentals if accidentals > 0 else "b" * -accidentals)
