"""The sheet of a song: its parts with their chords, and its loudness, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundforge.audio import chords
from soundforge.web import words
from soundforge.web.song_view import PartView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.web.song_view import SoundView


def parts(features: Mapping[str, Any]) -> tuple[PartView, ...]:
    """Return the sections of an analysis with the chords that begin in each.

    A chord that goes on over a border begins the next part too. Without sections the song is
    one part without a name; without chords and sections there are none.
    """
    named = [one for one in chords.read(features) if one.name]
    sections = (features.get("sections") or {}).get("sections") or ()
    if not sections:
        every = tuple(one.name for one in named)
        return (PartView(0.0, "", every),) if every else ()
    return tuple(
        PartView(
            section["start_s"],
            section["label"] + (f", {section['name']}" if section["name"] else ""),
            tuple(
                one.name
                for one in named
                if section["start_s"] <= one.start_s < section["end_s"]
                or one.start_s < section["start_s"] < one.end_s
            ),
        )
        for section in sections
    )


def lines(sound: SoundView | None) -> list[tuple[str, str]]:
    """Return one line for each part: when and what it is, and its chords."""
    return [
        (f"{words.clock(part.start_s)} {part.label}".strip(), " ".join(part.chords) or "no chords")
        for part in (sound.parts if sound else ())
    ]


def loudness(sound: SoundView | None) -> list[tuple[str, str]]:
    """Return the loudness in the units of broadcasters; what is not known is left out."""
    if sound is None:
        return []
    facts = (
        ("Loudness", sound.loudness_lufs, "LUFS"),
        ("Loudness range", sound.loudness_range_lu, "LU"),
        ("True peak", sound.true_peak_dbtp, "dBTP"),
    )
    return [
        (label, f"{words.number(value, 1)} {unit}")
        for label, value, unit in facts
        if value is not None
    ]
