"""What is done with a song by request, in words: its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.web import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.web.studio import NotesView

#: The grids that notes can be moved to, in words; "" leaves them where they were played.
GRIDS: Final[Mapping[str, str]] = {
    "": "as they were played",
    "1/4": "on quarters",
    "1/8": "on eighths",
    "1/8T": "on eighth triplets",
    "1/16": "on sixteenths",
    "1/16T": "on sixteenth triplets",
    "1/32": "on thirty-seconds",
}


def counted(notes: NotesView) -> str:
    """Return what is in the file, as in ``Bass 120 and drums 310 notes, on eighths``."""
    found = [(label, count) for label, count in notes.counts if count]
    if not found:
        return "No notes were heard."
    named = [f"{label.lower()} {count}" for label, count in found]
    plural = "note" if len(found) == 1 and found[0][1] == 1 else "notes"
    return words.sentence(f"{words.listed(named)} {plural}, {GRIDS[notes.quantise or '']}")
