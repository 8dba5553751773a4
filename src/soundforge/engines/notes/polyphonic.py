"""Notes out of the network's probabilities.

The rules of the method's authors: a note lasts while its key sounds; later onsets are served
first, and what a note used is taken from its neighbours too. What then still sounds, though
nothing struck it, is a note as well. Ours: "struck" is highest some time after the attack, so a
note begins where it rises; a note that nothing struck was played before it is sure to sound, and
must be surer. The numbers were chosen on other songs than those scored (`docs/benchmarks.md`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from soundforge.engines.notes import Note
from soundforge.engines.notes.network import (
    FRAME_S,
    KEYS,
    LOWEST_PITCH,
    Activations,
    Listener,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from soundforge.engines.spectrum import Samples

Matrix = NDArray[np.float32]

_STRUCK: Final = 0.6
_SOUNDS: Final = 0.3
_SOUNDS_UNSTRUCK: Final = 0.5  # at its surest
_LEAST_FRAMES: Final = 6  # 70 ms
_GAP_FRAMES: Final = 11  # a key may be silent for less and still be one note
_RISEN: Final = 0.7  # of the height of "struck": a note has begun
_RISE_FRAMES: Final = 8  # the longest rise
_UNSTRUCK_FRAMES: Final = 4  # how late a note shows that nothing struck
_PARTIALS: Final = (12, 19, 24, 28, 31, 34, 36)  # semitones of the second partial to the eighth
_TOGETHER_S: Final = 0.06
_PARTIAL_STRENGTH: Final = 0.55
SECTION_FRAMES: Final = 51_680  # ten minutes
_SEARCH_FRAMES: Final = 2584  # half a minute


def notes(activations: Activations, start_s: float = 0.0) -> list[Note]:
    """Return the notes in order of onset; ``start_s`` is the time of the first frame."""
    sounding, struck = activations
    if len(sounding) < _LEAST_FRAMES:
        return []
    left = sounding.copy()
    found = _struck_notes(struck, left)
    found += _other_notes(left, sounding)
    return _without_overtones(
        Note(
            start_s + start * FRAME_S,
            start_s + stop * FRAME_S,
            key + LOWEST_PITCH,
            float(np.clip(sounding[start:stop, key].mean(), 0.01, 1.0)),
        )
        for start, stop, key in found
    )


def _without_overtones(notes: Iterable[Note]) -> list[Note]:
    """Return ``notes`` in order, less those that are faint partials of one struck with them."""
    kept: list[Note] = []
    by_pitch: dict[int, list[Note]] = {}
    found = sorted(notes)
    for note in found:
        by_pitch.setdefault(note.pitch, []).append(note)
    for note in found:
        below = [low for step in _PARTIALS for low in by_pitch.get(note.pitch - step, ())]
        if not any(_is_partial(note, low) for low in below):
            kept.append(note)
    return kept


def _is_partial(note: Note, low: Note) -> bool:
    is_together = abs(note.onset_s - low.onset_s) <= _TOGETHER_S
    return is_together and note.strength < _PARTIAL_STRENGTH * low.strength


def _struck_notes(struck: Matrix, left: Matrix) -> list[tuple[int, int, int]]:
    is_peak = np.zeros(struck.shape, bool)
    middle = struck[1:-1]
    is_peak[1:-1] = (middle > struck[:-2]) & (middle > struck[2:]) & (middle >= _STRUCK)
    found = []
    starts, keys = np.nonzero(is_peak)
    for start, key in zip(starts[::-1].tolist(), keys[::-1].tolist(), strict=True):
        stop = _end(left[:, key], start)
        if stop - start > _LEAST_FRAMES:
            _use(left, start, stop, key)
            found.append((_risen(struck[:, key], start), stop, key))
    return found


def _risen(struck: Matrix, peak: int) -> int:
    """Return the frame before ``peak`` at which "struck" has risen to most of its height."""
    start, wanted = peak, _RISEN * struck[peak]
    while start > max(0, peak - _RISE_FRAMES) and struck[start - 1] > wanted:
        start -= 1
    return start


def _other_notes(left: Matrix, sounding: Matrix) -> list[tuple[int, int, int]]:
    """Return notes that nothing struck, the surest first."""
    found = []
    starts, keys = np.nonzero(left > _SOUNDS)
    order = np.argsort(-left[starts, keys], kind="stable")
    for middle, key in zip(starts[order].tolist(), keys[order].tolist(), strict=True):
        if left[middle, key] <= _SOUNDS:
            continue  # an earlier note has used it
        left[middle, key] = 0
        stop = _end(left[:, key], middle)
        start = len(left) - 1 - _end(left[::-1, key], len(left) - 1 - middle) + 1
        used = max(0, start - _GAP_FRAMES), min(len(left), stop + _GAP_FRAMES)
        _use(left, *used, key)
        is_sure = sounding[start:stop, key].max(initial=0.0) >= _SOUNDS_UNSTRUCK
        if is_sure and stop - start > _LEAST_FRAMES:
            found.append((max(0, start - _UNSTRUCK_FRAMES), stop, key))
    return found


def _end(curve: Matrix, start: int) -> int:
    """Return where a note that sounds at ``start`` ends: before a gap of `_GAP_FRAMES`."""
    stop, last = start + 1, len(curve) - 1
    silent = 0
    while stop < last and silent < _GAP_FRAMES:
        silent = silent + 1 if curve[stop] < _SOUNDS else 0
        stop += 1
    return stop - silent


def _use(left: Matrix, start: int, stop: int, key: int) -> None:
    """Take a note's sound away, its neighbours' too: they are its shadow."""
    left[start:stop, max(0, key - 1) : min(KEYS, key + 2)] = 0


class Ear:
    """Hears mono samples at 22,050 Hz once, and keeps at most ten minutes of probabilities.

    A longer recording is cut where it is quietest; a note that sounds there becomes two.

    Args:
        path: The weights that a pull has made.
        threads: CPU threads; 0 for all.
    """

    def __init__(self, path: Path, threads: int = 1) -> None:
        self._listener = Listener(path, threads)
        self._kept: list[Activations] = []
        self._waiting = self._served = 0
        self._found: list[Note] = []

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""
        self._listener.hear(samples)
        self._keep(self._listener.take())
        if self._waiting > SECTION_FRAMES:
            self._serve(self._quietest())

    def notes(self) -> list[Note]:
        """Return all notes, in order."""
        self._keep(self._listener.finish())
        self._serve(self._waiting)
        return sorted(self._found)

    def _keep(self, made: Activations) -> None:
        if len(made.sounding):
            self._kept.append(made)
            self._waiting += len(made.sounding)

    def _quietest(self) -> int:
        first = self._waiting - _SEARCH_FRAMES
        sounding = joined(self._kept).sounding[first:]
        return first + int(sounding.sum(axis=1).argmin())

    def _serve(self, stop: int) -> None:
        whole = joined(self._kept)
        part = Activations(whole.sounding[:stop], whole.struck[:stop])
        self._found += notes(part, self._served * FRAME_S)
        self._served += stop
        self._kept = [Activations(whole.sounding[stop:].copy(), whole.struck[stop:].copy())]
        self._waiting -= stop
