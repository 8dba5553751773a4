"""The notes of one voice: a bass line, a sung melody.

Time is cut where something new sounds and where the pitch changes; a change of pitch is moved
back to the attack that made it, because a period shows later than the attack. A part of time
is a note when it has a steady pitch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import scipy.ndimage

from soundforge.engines.notes import Note
from soundforge.engines.notes.voice import FRAME_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.notes.voice import Track

_MAX_APERIODICITY: Final = 0.3
_GATE: Final = 0.03  # 30 dB below the loud parts
_ABOVE_MEAN: Final = 0.12  # rise of the log spectrum over its surroundings
_NEW_NOTE: Final = 0.12  # what it takes to strike the same pitch again
_PEAK_FRAMES: Final = 7
_AROUND_FRAMES: Final = 41
_BACK_FRAMES: Final = 8  # how much later than its attack a pitch may settle: 93 ms
_STEADY_FRAMES: Final = 3
_LEAST_S: Final = 0.05
_RANGE_DB: Final = 40.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What sings.

    Args:
        lowest_hz: Its deepest note.
        highest_hz: Its highest note.
        smooth_frames: Over how many frames the pitch is smoothed: vibrato is one note.
    """

    lowest_hz: float
    highest_hz: float
    smooth_frames: int


BASS: Final = Kind(30.0, 400.0, 1)
VOICE: Final = Kind(65.0, 1100.0, 15)


def notes(track: Track, kind: Kind) -> list[Note]:
    """Return the notes of one voice, in order, none over another; silence has none."""
    loud = float(np.percentile(track.level, 99)) if len(track.level) else 0.0
    if loud <= 1e-5:
        return []
    pitch = _pitch(track, loud, kind)
    borders = _borders(track, pitch)
    found: list[Note] = []
    for start, stop in zip(borders, [*borders[1:], len(pitch)], strict=True):
        note = _note(track, pitch, (start, stop), loud)
        if note is None:
            continue
        if found and _is_held(found[-1], note, float(track.novelty[start])):
            before = found.pop()
            note = Note(before.onset_s, note.offset_s, note.pitch, before.strength)
        found.append(note)
    return [note for note in found if note.offset_s - note.onset_s >= _LEAST_S]


def _pitch(track: Track, loud: float, kind: Kind) -> NDArray[np.float64]:
    """Return the MIDI pitch of each frame, not yet rounded; NaN where nothing sings."""
    midi = 69 + 12 * np.log2(np.maximum(track.hz, 1e-3) / 440)
    is_sung = (track.aperiodicity < _MAX_APERIODICITY) & (track.level > _GATE * loud)
    pitch = np.where(is_sung, midi, np.nan)
    if kind.smooth_frames > 1:
        for run in _runs(np.where(is_sung, 0, np.nan)):
            part = pitch[run[0] : run[1]]
            size = min(kind.smooth_frames, len(part))
            pitch[run[0] : run[1]] = scipy.ndimage.median_filter(part, size, mode="nearest")
    return pitch


def _borders(track: Track, pitch: NDArray[np.float64]) -> list[int]:
    novelty = track.novelty
    peaks = _peaks(novelty)
    borders = set(peaks.tolist())
    for start, stop in _runs(np.round(pitch)):
        if stop - start < _STEADY_FRAMES:
            continue
        near = peaks[(peaks >= start - _BACK_FRAMES) & (peaks <= start + 2)]
        if not len(near):
            first = max(0, start - _BACK_FRAMES + 2)
            borders.add(first + int(novelty[first : start + 2].argmax()))
    return sorted(borders)


def _peaks(novelty: NDArray[np.float32]) -> NDArray[np.int64]:
    highest = scipy.ndimage.maximum_filter1d(novelty, _PEAK_FRAMES, mode="constant")
    usual = scipy.ndimage.uniform_filter1d(novelty, _AROUND_FRAMES, mode="nearest")
    return np.flatnonzero((novelty == highest) & (novelty > usual + _ABOVE_MEAN))


def _runs(values: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return where equal values lie beside each other, as ``(start, stop)``; NaN is no value."""
    is_new = np.ones(len(values), bool)
    is_new[1:] = values[1:] != values[:-1]
    starts = np.flatnonzero(is_new)
    stops = np.append(starts[1:], len(values))
    return [
        (int(start), int(stop))
        for start, stop in zip(starts, stops, strict=True)
        if not np.isnan(values[start])
    ]


def _note(
    track: Track, pitch: NDArray[np.float64], part: tuple[int, int], loud: float
) -> Note | None:
    start, stop = part
    inside = pitch[start:stop]
    # The first frame still holds the note before.
    steady = np.round(inside[~np.isnan(inside)][1:])
    if len(steady) < _STEADY_FRAMES - 1:
        return None
    values, counts = np.unique(steady, return_counts=True)
    wanted = values[counts.argmax()]
    if counts.max() < _STEADY_FRAMES:
        return None
    last = start + int(np.flatnonzero(np.round(inside) == wanted)[-1])
    level_db = 20 * np.log10(max(float(track.level[start : last + 1].max()) / loud, 1e-6))
    strength = float(np.clip(1 + level_db / _RANGE_DB, 0.05, 1.0))
    return Note(start * FRAME_S, (last + 1) * FRAME_S, int(np.clip(wanted, 0, 127)), strength)


def _is_held(before: Note, note: Note, novelty: float) -> bool:
    is_touching = note.onset_s - before.offset_s < 2.5 * FRAME_S
    return before.pitch == note.pitch and novelty < _NEW_NOTE and is_touching
