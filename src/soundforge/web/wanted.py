"""What somebody wants of tempo and pitch, as the controls of the page hold it. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from soundforge.web import song_words

if TYPE_CHECKING:
    from soundforge.live.page import Value

_SLIDER: Final = (50, 150)
_LEAST: Final = 0.001


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tempo, a pitch, and whether the tempo shall be even.

    Args:
        song_bpm: The tempo as recorded; None if it is not known.
        rate: 0.8 is four fifths of it.
        semitones: How much higher.
        is_steady: Whether every bar shall last the same.
    """

    song_bpm: float | None = None
    rate: float = 1.0
    semitones: int = 0
    is_steady: bool = False

    @property
    def is_change(self) -> bool:
        """Whether anybody would hear it."""
        return abs(self.rate - 1) >= _LEAST or bool(self.semitones) or self.is_steady

    @property
    def slider(self) -> int:
        """Where the slider stands, in percent."""
        return min(_SLIDER[1], max(_SLIDER[0], round(100 * self.rate)))

    @property
    def percent_told(self) -> str:
        """The tempo in percent: ``80%``, ``80.3%``."""
        return f"{100 * self.rate:.3g}%"

    @property
    def bpm_told(self) -> str:
        """The tempo in beats per minute, for its field; empty if it is not known."""
        return f"{self.song_bpm * self.rate:.1f}" if self.song_bpm else ""

    @property
    def told(self) -> str:
        """The tempo as one says it."""
        return f"{self.percent_told}, {self.bpm_told} BPM" if self.song_bpm else self.percent_told

    def changed(self, value: Value) -> Wanted:
        """Return what the form now asks for; what makes no sense in it changes nothing."""
        target = value.get("_target")
        rate = self.rate
        if target == "percent":
            rate = _number(value.get("percent"), 100 * rate) / 100
        elif target == "bpm" and self.song_bpm:
            rate = _number(value.get("bpm"), rate * self.song_bpm) / self.song_bpm
        semitones = round(_number(value.get("semitones"), self.semitones))
        return replace(
            self,
            rate=rate if rate > 0 else self.rate,
            semitones=max(-song_words.PITCH_RANGE, min(song_words.PITCH_RANGE, semitones)),
            is_steady=value.get("steady") == "on",
        )


def _number(text: object, otherwise: float) -> float:
    try:
        number = float(str(text)[:20])
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise
