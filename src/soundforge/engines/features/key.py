"""Key: the one of 24 whose profile the mean chroma resembles most.

The profiles are Albrecht and Shanahan's (Music Perception 31, 2013), likeness is Pearson's
correlation. The confidence is the margin over the runner-up, which is shown as well: a
relative or a parallel key close behind is the usual mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import chromagram
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Recording

PITCH_CLASSES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

#: Noise has all pitch classes alike, up to 0.07 of their mean (measured, white to brown).
_LEAST_SPREAD: Final = 0.1
_SHORTEST_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Key:
    """A major or minor key.

    Args:
        tonic: Pitch class, 0 = C to 11 = B.
        is_minor: Its mode.
    """

    tonic: int
    is_minor: bool

    @property
    def name(self) -> str:
        """The key as musicians say it, with sharps: ``A minor``."""
        return f"{PITCH_CLASSES[self.tonic]} {'minor' if self.is_minor else 'major'}"

    @property
    def camelot(self) -> str:
        """The code on the Camelot wheel: C major is 8B, A minor 8A."""
        return f"{(self._fifths + 7) % 12 + 1}{'A' if self.is_minor else 'B'}"

    @property
    def open_key(self) -> str:
        """The code in Open Key notation: C major is 1d, A minor 1m."""
        return f"{self._fifths + 1}{'m' if self.is_minor else 'd'}"

    @property
    def _fifths(self) -> int:
        """Steps from C major on the circle of fifths; a minor key has its relative's."""
        return (self.tonic + 3 * self.is_minor) * 7 % 12


KEYS: Final = tuple(Key(tonic, is_minor) for is_minor in (False, True) for tonic in range(12))


def rank(chroma: NDArray[np.float64]) -> list[tuple[float, Key]]:
    """Return all keys, the likeliest first, each with its correlation, -1..1.

    Args:
        chroma: Strength of the pitch classes from C, shape ``(12,)``, not all equal.
    """
    shape = chroma - chroma.mean()
    scores = _PROFILES @ (shape / np.linalg.norm(shape))
    return sorted(zip(scores.tolist(), KEYS, strict=True), key=lambda scored: -scored[0])


def extract(recording: Recording) -> Finding:
    """Return ``name``, ``camelot``, ``open_key``, ``confidence`` and ``runner_up``.

    ``confidence`` is the margin of the correlations, 0..1; above 0.1 is clear. Silence, noise
    and less than a second have no key: all None, confidence 0.
    """
    chroma = chromagram.chroma(recording).mean(axis=0, dtype=np.float64)
    has_pitch = chroma.std() >= _LEAST_SPREAD * chroma.mean() > 0
    if recording.level.is_silent or recording.duration_s < _SHORTEST_S or not has_pitch:
        return Finding({**dict.fromkeys((*_codes(KEYS[0]), "runner_up")), "confidence": 0.0})
    (best_score, best), (next_score, runner_up), *_ = rank(chroma)
    value = {**_codes(best), "confidence": best_score - next_score, "runner_up": _codes(runner_up)}
    return Finding(value)


def _codes(key: Key) -> dict[str, Any]:
    return {"name": key.name, "camelot": key.camelot, "open_key": key.open_key}


def _profiles() -> NDArray[np.float64]:
    rolled = [np.roll(_MINOR if key.is_minor else _MAJOR, key.tonic) for key in KEYS]
    centred = [profile - profile.mean() for profile in rolled]
    return np.stack([profile / np.linalg.norm(profile) for profile in centred])


_PROFILES: Final = _profiles()

FEATURE: Final = Feature("Key", chromagram.MEASURES, extract)
