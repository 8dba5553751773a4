"""What the music itself says about its beats: kicks and changes of harmony.

A network hears accents, and an accent off the beat misleads it. Three witnesses are independent
of it: low drums start on strong beats, and chords and bass notes change there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from soundforge.engines import note_chroma
from soundforge.engines.spectrum import BIN_HZ, FRAME_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Measure, Recording
    from soundforge.engines.spectrum import Block

    Curve: TypeAlias = NDArray[np.float64]

_LOW_BINS: Final = slice(*np.searchsorted(BIN_HZ, [25.0, 130.0]))  # kick drums, mostly
_FLOOR: Final = 1e-3
# Songs: 0.1 to 0.3 for the changes, drums alone 0.04 to 0.07 (measured).
_USUAL_SPREAD: Final = np.array([0.5, 0.2, 0.2])
_AROUND: Final = 2  # frames on either side of a beat where its onset may lie


def low_level(block: Block) -> Matrix:
    """Return the log power below 130 Hz, ``(frames,)``."""
    level: Matrix = np.log(_FLOOR + block.power[:, _LOW_BINS].sum(axis=1))
    return level


MEASURES: Final[Mapping[str, Measure]] = {"low_level": low_level, **note_chroma.MEASURES}


def hear(recording: Recording, times_s: Curve, before_s: Curve, after_s: Curve) -> Curve:
    """Return what speaks for a strong beat at each of ``times_s``, shape ``(times, 3)``.

    The columns are the rise of the low level, and how much the treble and the bass change
    between ``before_s`` and ``after_s``; each in standard deviations over all the times, but of
    a usual size at least: noise changes, too, a little all the time.
    """
    chroma = recording.once(note_chroma.note_chroma)
    loudness = np.sqrt(chroma.level)[:, None]
    columns = [_low_rise(recording.column("low_level"), times_s)]
    for part in (chroma.treble, chroma.bass):
        sums = np.cumsum(part * loudness, axis=0, dtype=np.float64)
        columns.append(_change(np.vstack([np.zeros(12), sums]), times_s, before_s, after_s))
    heard = np.stack(columns, axis=1)
    spread = np.maximum(heard.std(axis=0), _USUAL_SPREAD)
    standard: Curve = (heard - heard.mean(axis=0)) / spread
    return standard


def _low_rise(level: Matrix, times_s: Curve) -> Curve:
    rise = np.maximum(0, level - np.concatenate([level[:2], level[:-2]])[: len(level)])
    padded = np.pad(rise, _AROUND)
    frames = np.clip(np.round(times_s * FRAME_RATE_HZ).astype(int), 0, len(level) - 1)
    around: Curve = np.max([padded[frames + k] for k in range(2 * _AROUND + 1)], axis=0)
    return around


def _change(sums: Curve, times_s: Curve, before_s: Curve, after_s: Curve) -> Curve:
    """Return one minus the likeness of what sounds before and after each time."""

    def upto(at_s: Curve) -> Curve:
        place = np.clip(at_s * note_chroma.FRAME_RATE_HZ + 0.5, 0, len(sums) - 1)
        below = np.minimum(place.astype(int), len(sums) - 2)
        share = (place - below)[:, None]
        between: Curve = (1 - share) * sums[below] + share * sums[below + 1]
        return between

    here = upto(times_s)
    before, after = here - upto(before_s), upto(after_s) - here
    size = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    change: Curve = 1 - (before * after).sum(axis=1) / (size + 1e-9)
    return change
