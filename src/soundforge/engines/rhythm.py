"""Rhythm: where the beats and bars of a recording are. Tempo and beats are read from it.

The engine is BeatNet with a bar pointer where its weights are there, else the spectral flux
with dynamic programming, which knows no bars. Which one answered is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from soundforge.engines import bar_pointer, beatnet, beats, mel, weights
from soundforge.engines.beatnet_spectrum import FRAME_RATE_HZ
from soundforge.engines.spectrum import FRAME_RATE_HZ as FLUX_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.feature import Listener, Matrix, Measure, Recording

    Curve: TypeAlias = NDArray[np.float64]
    Name: TypeAlias = Literal["beatnet", "flux"]

_NETWORK: Final = "beatnet"
_MODEL: Final = bar_pointer.Model()
_HEARD: Final = 0.05  # the probability below which the music has not begun, or is over
_FEWEST_BEATS: Final = 4
# How far beats stand out: white noise, a glide and held chords come to 0.05, brown noise to 0.11,
# the faintest music that was tracked right to 0.2 (measured).
_LEAST_CLEARNESS: Final = 0.13
_UNSTEADY: Final = 0.2  # variation of the beat intervals at which nothing is left of the trust
_CHANCE_SIGMA: Final = 4.0
_LEAST_RISE_DB: Final = 0.75  # less is hardly heard: a held chord that beats, a glide


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The beats of a recording.

    Args:
        engine: Who found them.
        beats_s: Their times; empty without a pulse.
        places: Place in the bar of each, 0 = downbeat; empty where bars are not known.
        beats_per_bar: The metre; None where it is not known.
        bpm: Tempo: the slope of beat number against time; None without a pulse.
        confidence: How far to trust the beats, 0..1.
        bar_confidence: How far to trust the metre and where bars begin, 0..1.
    """

    engine: Name
    beats_s: Curve = field(default_factory=lambda: np.zeros(0))
    places: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    beats_per_bar: int | None = None
    bpm: float | None = None
    confidence: float = 0.0
    bar_confidence: float = 0.0

    @property
    def downbeats_s(self) -> Curve:
        """Times of the first beat of each bar; empty where bars are not known."""
        firsts: Curve = self.beats_s[: len(self.places)][self.places == 0]
        return firsts


def find(recording: Recording) -> Rhythm:
    """Return the rhythm of ``recording``; pass this to `Recording.once`."""
    listener = recording.listeners.get(_NETWORK)
    if isinstance(listener, beatnet.Listener):
        return Rhythm("beatnet") if recording.level.is_silent else by_network(listener.finish())
    onset = recording.once(onset_strength)
    if recording.level.is_silent or not onset.any():
        return Rhythm("flux")
    return by_flux(onset)


def onset_strength(recording: Recording) -> Matrix:
    """Return the spectral flux of ``recording``; pass this to `Recording.once`."""
    return beats.onset_strength(recording.columns["mel_db"])


def by_network(activations: Matrix) -> Rhythm:
    """Return the rhythm behind the probabilities of beat and downbeat, ``(frames, 2)``."""
    heard = np.flatnonzero((activations >= _HEARD).any(axis=1))
    if not len(heard):
        return Rhythm("beatnet")
    first = int(heard[0])
    activations = activations[first : heard[-1] + 1]
    path = bar_pointer.decode(activations, _MODEL)
    peaks, clearness = _peaks(activations, path)
    if len(peaks) < _FEWEST_BEATS or clearness < _LEAST_CLEARNESS:
        return Rhythm("beatnet")
    beats_s = (first + peaks) / FRAME_RATE_HZ
    places = path.beats[-len(peaks) :, 1]
    bpm, variation = beats.regression(beats_s)
    confidence = _steadiness(variation) * min(1.0, clearness)
    bars = confidence * _sureness(path)
    return Rhythm("beatnet", beats_s, places, path.beats_per_bar, bpm, confidence, bars)


def _peaks(activations: Matrix, path: bar_pointer.Path) -> tuple[NDArray[np.intp], float]:
    """Return the likeliest frame of each beat, and how far beats stand out from what is between.

    A first beat whose own moment lies before the first frame has none.
    """
    either = activations.sum(axis=1)
    ends = path.beats[:, 0] + _MODEL.edges[path.beats[:, 2] - _MODEL.shortest]
    peaks, heights, between = [], [], np.ones(len(either), bool)
    for start, end in zip(path.beats[:, 0], np.minimum(ends, len(either)), strict=True):
        if end > max(start, 0):
            on_beat = slice(max(start, 0), end)
            peaks.append(on_beat.start + int(activations[on_beat].max(axis=1).argmax()))
            heights.append(float(either[on_beat].max()))
            between[on_beat] = False
    low = float(either[between].mean()) if between.any() else 0.0
    return np.array(peaks, np.intp), float(np.median(heights)) - low if heights else 0.0


def _sureness(path: bar_pointer.Path) -> float:
    """Return how clearly the metre won, 0..1, by its lead in log probability for each beat."""
    if path.rival_log_probability is None:
        return 1.0
    lead = (path.log_probability - path.rival_log_probability) / len(path.beats)
    return float(1 - np.exp(-lead))


def by_flux(onset: Matrix) -> Rhythm:
    """Return the rhythm behind the spectral flux; it knows no bars."""
    rough_bpm = beats.lag_tempo_bpm(beats.periodicity(onset))
    pulse = beats.pulse(onset, rough_bpm)
    # Uncorrelated onsets are alike by chance, by 1 / sqrt(frames) on average.
    if pulse < _CHANCE_SIGMA / np.sqrt(len(onset)):
        return Rhythm("flux")
    frames = beats.track(onset, rough_bpm)
    if len(frames) < _FEWEST_BEATS or beats.rise_db(onset, frames) < _LEAST_RISE_DB:
        return Rhythm("flux")
    beats_s = frames / FLUX_RATE_HZ
    bpm, variation = beats.regression(beats_s)
    return Rhythm("flux", beats_s, bpm=bpm, confidence=pulse * _steadiness(variation))


def _steadiness(variation: float) -> float:
    return max(0.0, 1 - variation / _UNSTEADY)


def _network(models_dir: Path | None) -> Listener | None:
    installed = weights.find(models_dir, _NETWORK) if models_dir else None
    return beatnet.Listener(beatnet.load(installed.path)) if installed else None


MEASURES: Final[Mapping[str, Measure]] = {"mel_db": mel.mel_db}
LISTENERS: Final[Mapping[str, Callable[[Path | None], Listener | None]]] = {_NETWORK: _network}
