"""Keys as people write them: how far it is from one to another, and what one becomes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.engines import note_names

if TYPE_CHECKING:
    from collections.abc import Mapping

_PITCHES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS: Final = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_KEY: Final = re.compile(r"([A-Ga-g])([#♯b♭]?)\s*(maj|major|m|min|minor)?")


def semitones_between(from_key: str, to_key: str) -> int:
    """Return the smallest shift, -6 to 5 semitones, from one key to another.

    A major and a minor key count as equal when they share their notes: from C major to
    A minor is 0.

    Raises:
        errors.Invalid: ``key_unknown``.
    """
    return (_signature(to_key) - _signature(from_key) + 6) % 12 - 6


def moved_key(key: str, semitones: float) -> str:
    """Return the key that ``key`` becomes ``semitones`` higher, as it is written: ``Eb major``.

    A part of a semitone leads to no key, and what is no key to none: then it is ``key`` still.
    """
    found = _read(key)
    if found is None or semitones != round(semitones):
        return key
    tonic, is_minor = found
    return note_names.of_key((tonic + round(semitones)) % 12, is_minor=is_minor)


def spelling(key: str | None, semitones: int = 0) -> tuple[str, ...]:
    """Return the names of the twelve pitch classes, from C, in the key ``semitones`` higher.

    With sharps where there is no key.
    """
    found = _read(key or "")
    if found is None:
        return note_names.SHARPS
    return note_names.in_key((found[0] + semitones) % 12, is_minor=found[1])


def moved_camelot(code: str, semitones: int) -> str:
    """Return the Camelot code of the key ``semitones`` higher: seven hours on for each."""
    return f"{(int(code[:-1]) - 1 + 7 * semitones) % 12 + 1}{code[-1]}"


def course(key: Mapping[str, Any] | None) -> tuple[tuple[float, str], ...]:
    """Return when each key of a song begins, in seconds, and its name as it is written.

    Args:
        key: The feature ``key`` of an analysis; None, or one without a key, has none.
    """
    found = key or {}
    stretches = found.get("segments") or ([{**found, "start_s": 0.0}] if found.get("name") else [])
    return tuple((one["start_s"], moved_key(one["name"], 0)) for one in stretches)


def _signature(key: str) -> int:
    """Return the pitch class of the major key with the same notes."""
    found = _read(key)
    if found is None:
        raise errors.Invalid(
            "key_unknown", f"{key[:40]!r} is no key.", "Write it like: A minor, F# major, Bb major."
        )
    tonic, is_minor = found
    return (tonic + 3 * is_minor) % 12


def _read(key: str) -> tuple[int, bool] | None:
    """Return tonic and mode; None for what is no key."""
    match = _KEY.fullmatch(key.strip())
    if match is None:
        return None
    letter, accidental, mode = match.groups()
    tonic = (_PITCHES[letter.upper()] + _ACCIDENTALS[accidental]) % 12
    return tonic, (mode or "").startswith("m") and not (mode or "").startswith("maj")
