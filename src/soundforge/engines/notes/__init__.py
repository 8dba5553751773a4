"""Notes out of sound: pitched by a network, one voice by its period, drums by their bands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note.

    Args:
        onset_s: Start.
        offset_s: End; never before the start.
        pitch: MIDI number, 60 is middle C; for drums the General MIDI percussion key.
        strength: How loud or how sure, 0..1; becomes the velocity.
    """

    onset_s: float
    offset_s: float
    pitch: int
    strength: float
