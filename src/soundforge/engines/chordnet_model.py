"""Chords from the networks' verdicts on their parts: the likeliest course of whole chords.

The chords are those of the method's own list: fifteen qualities and the usual basses. A chord is
as likely as all its parts together. Changes cost as in `chord_model`: least on the first beat of a
bar, most between beats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import chord_model, steady_path
from soundforge.engines.chord_labels import Chord
from soundforge.engines.chord_model import Costs, Stretch
from soundforge.engines.chordnet_graph import PARTS
from soundforge.engines.spectrum import FRAME_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from soundforge.engines.beat_grid import Grid

# What each quality is made of: triad (1 = major, minor, sus4, sus2, diminished, augmented),
# seventh, ninth, eleventh, thirteenth, as `PARTS` numbers them.
_QUALITIES: Final = {
    "maj": (1, 0, 0, 0, 0),
    "min": (2, 0, 0, 0, 0),
    "sus4": (3, 0, 0, 0, 0),
    "sus2": (4, 0, 0, 0, 0),
    "dim": (5, 0, 0, 0, 0),
    "aug": (6, 0, 0, 0, 0),
    "maj7": (1, 1, 0, 0, 0),
    "7": (1, 2, 0, 0, 0),
    "min7": (2, 2, 0, 0, 0),
    "sus4(b7)": (3, 2, 0, 0, 0),
    "hdim7": (5, 2, 0, 0, 0),
    "dim7": (5, 3, 0, 0, 0),
    "maj9": (1, 1, 1, 0, 0),
    "9": (1, 2, 1, 0, 0),
    "min9": (2, 2, 1, 0, 0),
    "11": (1, 2, 1, 1, 0),
    "13": (1, 2, 1, 1, 1),
}
_BASSES: Final = {"maj": (2, 4, 7, 10), "min": (2, 3, 7, 10)}
_COSTS: Final = Costs(anytime=30.0, off_beat=60.0, on_beat=30.0, on_bar=15.0)
_BLOCK: Final = 1024  # frames

CHORDS: Final = tuple(
    Chord(root, quality, bass)
    for quality in _QUALITIES
    for bass in (0, *_BASSES.get(quality, ()))
    for root in range(12)
)


def stretches(verdicts: NDArray[np.floating], grid: Grid) -> list[Stretch]:
    """Return the chords of a recording in turn, from its first frame to its last.

    Args:
        verdicts: Log probabilities, see `chordnet.Listener.finish`; one frame at least.
        grid: The beats.
    """
    costs = chord_model.costs(len(verdicts), grid, FRAME_RATE_HZ, _COSTS)
    path = steady_path.steady_path(_likelihood(verdicts), costs)
    return [
        Stretch(
            first / FRAME_RATE_HZ,
            CHORDS[state] if state < len(CHORDS) else None,
            float(np.exp(verdicts[first:end, _TABLE[state, 0]].astype(np.float32)).mean()),
        )
        for first, end, state in steady_path.runs(path)
    ]


def _likelihood(verdicts: NDArray[np.floating]) -> Iterator[NDArray[np.float32]]:
    """Yield how likely each of `CHORDS` is, and, last, none, in blocks."""
    for at in range(0, len(verdicts), _BLOCK):
        rows = verdicts[at : at + _BLOCK].astype(np.float32)
        likely: NDArray[np.float32] = rows @ _PARTS_OF
        yield likely


def _table() -> NDArray[np.intp]:
    """Return the columns of the verdicts that each state is made of, ``(states, 6)``."""
    starts = np.cumsum((0, *PARTS[:-1]))
    rows = []
    for chord in CHORDS:
        triad, *others = _QUALITIES[chord.quality]
        bass = 1 + (chord.root + chord.bass) % 12
        rows.append((1 + 12 * (triad - 1) + chord.root, bass, *others))
    rows.append((0, 0, -1, -1, -1, -1))  # no chord: its triad and its bass are none
    return np.where(np.array(rows) < 0, -1, np.array(rows) + starts)


def _parts_of() -> NDArray[np.float32]:
    """Return the same as a matrix that adds them up, ``(100, states)``."""
    matrix = np.zeros((sum(PARTS), len(_TABLE)), np.float32)
    for state, columns in enumerate(_TABLE):
        matrix[columns[columns >= 0], state] = 1
    return matrix


_TABLE: Final = _table()
_PARTS_OF: Final = _parts_of()
