"""What is done with a song by request, in words: its notes, its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soundforge.audio import keys
from soundforge.web import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.audio.chords import ChordEngine
    from soundforge.web.song_view import LoopView, SoundView
    from soundforge.web.studio import NotesView, VersionView

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


#: Who may name the chords, in words.
CHORD_ENGINES: Final[Mapping[ChordEngine, str]] = {
    "fast": "Quick: from the notes",
    "best": "Best: by five networks",
}
_BEST_PER_MINUTE_S: Final = 5.0  # of music, on two cores; see docs/benchmarks.md

#: How far the page's pitch control goes, in semitones.
PITCH_RANGE: Final = 12


def version(made: VersionView) -> str:
    """Return what makes a version another one: ``80%, down 2``, ``Even, 100%``.

    A whole tempo is told in whole percent.
    """
    parts = ["even"] if made.is_steady else []
    parts.append(f"{100 * made.rate:.3g}%")
    if made.semitones:
        parts.append(shift(made.semitones))
    return words.sentence(", ".join(parts)).rstrip(".")


def shift(semitones: float) -> str:
    """Return a shift of the pitch: ``up 3``, ``down 2``, ``as it is``."""
    if not semitones:
        return "as it is"
    return f"{'up' if semitones > 0 else 'down'} {abs(semitones):g}"


def chord_cost(engine: ChordEngine, duration_s: float | None) -> str:
    """Return what it costs to have the chords named by ``engine``, and what one gets for it."""
    if engine == "fast":
        return "Chords cost no time of their own this way. Sevenths are the usual mistake."
    more_s = _BEST_PER_MINUTE_S * max(1.0, (duration_s or 0.0) / 60)
    return (
        f"That takes about {words.spoken(more_s)} more, and a download of 27 MB the first time. "
        "More sevenths and other colours are right."
    )


def chords_by(sound: SoundView | None) -> str:
    """Return who named the chords and how sure: ``by five networks, 91% sure``; may be empty."""
    if sound is None or sound.chord_engine is None:
        return ""
    told = "by five networks" if sound.chord_engine == "best" else "quickly named"
    if sound.chord_confidence is None:
        return told
    return f"{told}, {100 * sound.chord_confidence:.0f}% sure"


def loop_length(loop: LoopView) -> str:
    """Return how long a loop is: ``4 bars``, or ``8 beats`` where no bars are known."""
    count, unit = (loop.bars, "bar") if loop.bars else (loop.beats, "beat")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def loop_fit(loop: LoopView) -> str:
    """Return how well the end of a loop meets its beginning: ``94% alike``."""
    return f"{100 * loop.score:.0f}% alike"


def pitches(key_name: str | None) -> list[tuple[int, str]]:
    """Return what the pitch control offers, from high to low, with the keys that they lead to."""
    return [
        (semitones, f"{shift(semitones).capitalize()}{_to(key_name, semitones)}")
        for semitones in range(PITCH_RANGE, -PITCH_RANGE - 1, -1)
    ]


def on_desk(made: VersionView, tempo_bpm: float | None, key_name: str | None) -> str:
    """Return what a version on the desk has become: ``in G minor, at 97.6 BPM``."""
    parts = ["is on the desk"]
    if key_name and made.semitones:
        parts.append(f"in {keys.moved_key(key_name, made.semitones)}")
    if tempo_bpm:
        parts.append(f"at {words.number(tempo_bpm * made.rate, 1)} BPM")
    return ", ".join(parts) + "."


def _to(key_name: str | None, semitones: int) -> str:
    return f": {keys.moved_key(key_name, semitones)}" if key_name else ""


def counted(notes: NotesView) -> str:
    """Return what is in the file, as in ``Bass 120 and drums 310 notes, on eighths``."""
    found = [(label, count) for label, count in notes.counts if count]
    if not found:
        return "No notes were heard."
    named = [f"{label.lower()} {count}" for label, count in found]
    plural = "note" if len(found) == 1 and found[0][1] == 1 else "notes"
    return words.sentence(f"{words.listed(named)} {plural}, {GRIDS[notes.quantise or '']}")
