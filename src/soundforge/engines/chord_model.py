"""Chords from the note chroma: how well each fits a frame, and the likeliest course of them.

Likeness is the cosine between the compressed chroma and the chord's notes, and the bass at its
root. Chords change at beats, first of all at the first of a bar; without beats, at any time.
The constants were chosen on made music with known chords (`docs/benchmarks.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import note_chroma, steady_path
from soundforge.engines.chord_labels import Chord

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.beat_grid import Grid
    from soundforge.engines.feature import Matrix
    from soundforge.engines.note_chroma import NoteChroma

#: Richer chords explain whatever sounds: chroma alone cannot tell them apart.
QUALITIES: Final = ("maj", "min", "7", "maj7", "min7", "dim", "aug", "sus2", "sus4")
CHORDS: Final = tuple(Chord(root, quality) for quality in QUALITIES for root in range(12))

#: Likeness of a frame to no chord at all. In noise the chords that come by chance change from
#: frame to frame, and any one of them has 0.6 on average; music has 0.75 to 1.2.
_NONE: Final = 0.72
_SILENT: Final = 1e-3  # of the loudest frame

_COMPRESSION: Final = 0.4
_BASS_WEIGHT: Final = 0.25
_SHARPNESS: Final = 10.0
# What a chord loses for being a rarer one: four notes explain more, whatever sounds.
_RARITY: Final = {"maj": 0.0, "min": 0.0, "7": 0.05, "maj7": 0.05, "min7": 0.05}
_RAREST: Final = 0.12

_CLEAR: Final = 0.15  # margin over the next chord of another simple name at which all is clear


@dataclass(frozen=True, slots=True)
class Costs:
    """What a change of chord costs, in log likelihood of a frame.

    Args:
        anytime: Where no beats are known.
        off_beat: Between beats.
        on_beat: On one.
        on_bar: On the first of a bar.
    """

    anytime: float
    off_beat: float
    on_beat: float
    on_bar: float


_COSTS: Final = Costs(anytime=11.0, off_beat=18.0, on_beat=8.0, on_bar=6.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """One chord, or none, from ``start_s`` until the next; ``confidence`` is 0..1."""

    start_s: float
    chord: Chord | None
    confidence: float


def stretches(chroma: NoteChroma, grid: Grid) -> list[Stretch]:
    """Return the chords of a recording in turn, from its first frame to its last."""
    likeness = _likeness(chroma)
    change_costs = costs(len(likeness), grid, note_chroma.FRAME_RATE_HZ, _COSTS)
    path = steady_path.steady_path(_SHARPNESS * likeness, change_costs)
    return [
        Stretch(
            first / note_chroma.FRAME_RATE_HZ,
            _chord(state),
            _confidence(likeness[first:end].mean(axis=0), state),
        )
        for first, end, state in steady_path.runs(path)
    ]


def _likeness(chroma: NoteChroma) -> NDArray[np.float32]:
    """Return the likeness of every frame to each of `CHORDS`, and, last, to none."""
    treble, bass = (_unit(part**_COMPRESSION) for part in (chroma.treble, chroma.bass))
    likeness = np.full((len(treble), len(CHORDS) + 1), _NONE, np.float32)
    likeness[:, :-1] = treble @ _TEMPLATES + bass @ _ROOTS - _PENALTIES
    is_silent = chroma.level <= _SILENT * chroma.level.max()
    likeness[is_silent, -1] = 2.0
    return likeness


def costs(count: int, grid: Grid, frame_rate_hz: float, each: Costs) -> NDArray[np.float64]:
    """Return what a change to each of ``count`` frames costs, ``(frames,)``."""
    if not len(grid.beats_s):
        return np.full(count, each.anytime)
    found = np.full(count, each.off_beat)
    for times_s, cost in ((grid.beats_s, each.on_beat), (grid.downbeats_s, each.on_bar)):
        at = np.round(times_s * frame_rate_hz).astype(np.int64)
        found[at[(at >= 0) & (at < count)]] = cost
    return found


def _chord(state: int) -> Chord | None:
    return CHORDS[state] if state < len(CHORDS) else None


def _confidence(likeness: NDArray[np.float32], state: int) -> float:
    """Return the margin over the next state that another simple label stands for."""
    rivals = likeness[_SIMPLE[state] != _SIMPLE]
    return float(np.clip((likeness[state] - rivals.max()) / _CLEAR, 0.0, 1.0))


def _unit(rows: Matrix) -> Matrix:
    length = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    unit: Matrix = rows / np.maximum(length, np.float32(1e-9))
    return unit


def _templates() -> NDArray[np.float32]:
    templates = np.zeros((12, len(CHORDS)))
    for column, chord in enumerate(CHORDS):
        templates[sorted(chord.pitch_classes), column] = len(chord.pitch_classes) ** -0.5
    return templates.astype(np.float32)


_TEMPLATES: Final = _templates()
_ROOTS: Final = (
    _BASS_WEIGHT * (np.arange(12)[:, None] == np.array([chord.root for chord in CHORDS]))
).astype(np.float32)
_PENALTIES: Final = np.array([_RARITY.get(chord.quality, _RAREST) for chord in CHORDS], np.float32)
_SIMPLE: Final = np.array(
    [chord.simple.root + 12 * (chord.simple.quality == "min") for chord in CHORDS] + [24]
)
