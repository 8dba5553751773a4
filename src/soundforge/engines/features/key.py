"""Key: the one of 24 whose profile the note chroma resembles most, and how it changes.

The profiles are Albrecht and Shanahan's (Music Perception 31, 2013), likeness is Pearson's
correlation. What is loud counts more. The confidence is the margin over the runner-up, which is
shown as well: a relative or a parallel key close behind is the usual mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import note_chroma, note_names, steady_path
from soundforge.engines.feature import Feature, Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Recording

_MAJOR: Final = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
_MINOR: Final = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)

#: Noise has all pitch classes alike, up to 0.11 of their mean (measured, white to brown);
#: drums alone begin at 0.3, music at 0.5.
_LEAST_SPREAD: Final = 0.2
_SHORTEST_S: Final = 1.0  # of sound: one click in a minute has pitch classes, but no key

_STEP_S: Final = 1.0  # of the course of the key
_WINDOW_STEPS: Final = 4  # heard at once
_CHANGE: Final = 8.0  # seconds by which another key must fit perfectly before it is believed


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
        """The key as musicians write it: ``A minor``, ``Bb major``."""
        return note_names.of_key(self.tonic, is_minor=self.is_minor)

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
    scores = _likeness(chroma[None])[0]
    return sorted(zip(scores.tolist(), KEYS, strict=True), key=lambda scored: -scored[0])


def extract(recording: Recording) -> Finding:
    """Return ``name``, ``camelot``, ``open_key``, ``confidence``, ``runner_up``, ``segments``.

    ``confidence`` is the margin of the correlations, 0..1; above 0.1 is clear. ``segments`` are
    the stretches of one key, from 0 to the end: ``start_s``, ``end_s``, the codes and the margin
    there as ``confidence``; a single one is the key of the whole. Silence, noise and less than a
    second of sound have no key: all None, confidence 0, no segments.
    """
    heard = recording.once(note_chroma.note_chroma)
    weighted = (heard.treble * heard.level[:, None]).astype(np.float64)
    chroma = weighted.mean(axis=0)
    has_pitch = chroma.std() >= _LEAST_SPREAD * chroma.mean() > 0
    if recording.level.is_silent or _sounding_s(heard.level) < _SHORTEST_S or not has_pitch:
        nothing = dict.fromkeys((*_codes(KEYS[0]), "runner_up"))
        return Finding({**nothing, "confidence": 0.0, "segments": []})
    (best_score, best), (next_score, runner_up), *_ = rank(chroma)
    confidence = best_score - next_score
    segments = _segments(weighted, recording.duration_s)
    if len(segments) == 1:
        segments = [_segment(0.0, recording.duration_s, best, confidence)]
    value = {
        **_codes(best),
        "confidence": confidence,
        "runner_up": _codes(runner_up),
        "segments": segments,
    }
    return Finding(value)


def _sounding_s(level: Matrix) -> float:
    """Return for how long a steady tone with the same sum and the same energy would sound."""
    energy = float(np.square(level, dtype=np.float64).sum())
    frames = float(level.sum(dtype=np.float64)) ** 2 / energy if energy else 0.0
    return frames / note_chroma.FRAME_RATE_HZ


def _segments(weighted: NDArray[np.float64], duration_s: float) -> list[dict[str, Any]]:
    """Follow the key through the frames: it changes where another fits for long enough."""
    per_step = round(_STEP_S * note_chroma.FRAME_RATE_HZ)
    starts = np.arange(0, len(weighted), per_step)
    steps = np.add.reduceat(weighted, starts, axis=0)
    sums = np.cumsum(np.pad(steps, ((1, 0), (0, 0))), axis=0)
    at = np.arange(len(steps))
    first = np.maximum(at - _WINDOW_STEPS // 2, 0)
    last = np.minimum(at + _WINDOW_STEPS // 2, len(steps))
    likeness = _likeness(sums[last] - sums[first])
    path = steady_path.steady_path(likeness, np.full(len(steps), _CHANGE))
    edges_s = np.append(starts / note_chroma.FRAME_RATE_HZ, duration_s)
    return [
        _segment(float(edges_s[a]), float(edges_s[z]), KEYS[k], _margin(sums[z] - sums[a], k))
        for a, z, k in steady_path.runs(path)
    ]


def _segment(start_s: float, end_s: float, key: Key, confidence: float) -> dict[str, Any]:
    span = {"start_s": round(start_s, 3), "end_s": round(end_s, 3)}
    return {**span, **_codes(key), "confidence": round(confidence, 4)}


def _margin(chroma: NDArray[np.float64], key: int) -> float:
    likeness = _likeness(chroma[None])[0]
    return float(max(0.0, likeness[key] - np.delete(likeness, key).max()))


def _likeness(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the correlation of every row with each of `KEYS`; 0 where a row is flat."""
    shape = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(shape, axis=1, keepdims=True)
    is_flat = length <= 1e-9 * (np.abs(rows).sum(axis=1, keepdims=True) + 1e-300)
    likeness: NDArray[np.float64] = np.where(is_flat, 0, shape / np.where(is_flat, 1, length))
    return likeness @ _PROFILES.T


def _codes(key: Key) -> dict[str, Any]:
    return {"name": key.name, "camelot": key.camelot, "open_key": key.open_key}


def _profiles() -> NDArray[np.float64]:
    rolled = [np.roll(_MINOR if key.is_minor else _MAJOR, key.tonic) for key in KEYS]
    centred = [profile - profile.mean() for profile in rolled]
    return np.stack([profile / np.linalg.norm(profile) for profile in centred])


_PROFILES: Final = _profiles()

FEATURE: Final = Feature("Key", note_chroma.MEASURES, extract)
