"""Rhythm: where the beats and bars of a recording are. Tempo and beats are read from it.

The engine is BeatNet with a bar pointer where its weights are there, else the spectral flux
with dynamic programming, which knows no bars. Which one answered is part of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

import numpy as np

from soundforge.engines import mel
from soundforge.engines.beat_tracking import bar_pointer, bars, beat_witness, beats
from soundforge.engines.beat_tracking.beatnet_spectrum import FRAME_RATE_HZ
from soundforge.engines.spectrum import FRAME_RATE_HZ as FLUX_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from soundforge.engines.beat_tracking import beatnet
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
# What it takes to move all beats by a half: see docs/benchmarks.md for what it was chosen on.
_SURE: Final = 0.5  # how much likelier beats are than the halves between, where there is no doubt
_LEAST_LEAD: Final = 0.25
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
        half: How far another might count half as fast, 0..1: every other beat is that much weaker.
        double: How far another might count twice as fast, 0..1: so strong is what lies between.
    """

    engine: Name
    beats_s: Curve = field(default_factory=lambda: np.zeros(0))
    places: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))
    beats_per_bar: int | None = None
    bpm: float | None = None
    confidence: float = 0.0
    bar_confidence: float = 0.0
    half: float = 0.0
    double: float = 0.0

    @property
    def downbeats_s(self) -> Curve:
        """Times of the first beat of each bar; empty where bars are not known."""
        firsts: Curve = self.beats_s[: len(self.places)][self.places == 0]
        return firsts


def find(recording: Recording) -> Rhythm:
    """Return the rhythm of ``recording``; pass this to `Recording.once`."""
    found = _found(recording)
    if not len(found.beats_s):
        return found
    half, double = _other_counts(recording.once(onset_strength), found.beats_s)
    return replace(found, half=half, double=double)


def _found(recording: Recording) -> Rhythm:
    listener = recording.listeners.get(_NETWORK)
    if listener is not None:
        judged = cast("beatnet.Listener", listener).finish()
        is_silent = recording.level.is_silent
        return Rhythm("beatnet") if is_silent else by_network(judged, recording)
    onset = recording.once(onset_strength)
    if recording.level.is_silent or not onset.any():
        return Rhythm("flux")
    return by_flux(onset)


def onset_strength(recording: Recording) -> Matrix:
    """Return the spectral flux of ``recording``; pass this to `Recording.once`."""
    return beats.onset_strength(recording.columns["mel_db"])


def by_network(activations: Matrix, recording: Recording | None = None) -> Rhythm:
    """Return the rhythm behind the probabilities of beat and downbeat, ``(frames, 2)``.

    The ``recording`` is heard as a witness of where strong beats are; without one the network
    alone decides.
    """
    heard = np.flatnonzero((activations >= _HEARD).any(axis=1))
    if not len(heard):
        return Rhythm("beatnet")
    first, last = int(heard[0]), int(heard[-1]) + 1
    path = bar_pointer.decode(activations[first:last], _MODEL)
    peaks, clearness = _peaks(activations[first:last], path)
    if len(peaks) < _FEWEST_BEATS or clearness < _LEAST_CLEARNESS:
        return Rhythm("beatnet")
    beats_s = (first + peaks) / FRAME_RATE_HZ
    found = bars.Bars(path.beats_per_bar, path.beats[-len(peaks) :, 1], _lead(path))
    if recording is not None:
        beats_s = _mended(beats_s, activations, recording)
        found = bars.find(_near(activations, beats_s), _witnesses(recording, beats_s))
    bpm, variation = beats.regression(beats_s)
    confidence = _steadiness(variation) * min(1.0, clearness)
    sureness = confidence * float(1 - np.exp(-found.lead))
    metre = found.beats_per_bar
    return Rhythm("beatnet", beats_s, found.places, metre, bpm, confidence, sureness)


def _other_counts(onset: Matrix, beats_s: Curve) -> tuple[float, float]:
    """Return how far the beats might be counted half, and twice as fast, see `Rhythm`.

    The loudness of the onsets tells, not the network: that hears faint clicks as well as loud ones.
    """
    halves_s = (beats_s[1:] + beats_s[:-1]) / 2
    on_beats, between = (_strongest_near(onset, times_s) for times_s in (beats_s, halves_s))
    first, second = float(on_beats[::2].mean()), float(on_beats[1::2].mean())
    strong, weak = max(first, second, 1e-9), min(first, second)
    usual = max((first + second) / 2, 1e-9)
    return 1 - weak / strong, float(np.clip(between.mean() / usual, 0.0, 1.0))


def _strongest_near(onset: Matrix, times_s: Curve) -> Curve:
    """Return the strongest onset within two frames of ``times_s``."""
    frames = np.minimum(np.round(times_s * FLUX_RATE_HZ).astype(int), len(onset) - 1)
    padded = np.pad(np.maximum(onset, 0).astype(np.float64), 2)
    near: Curve = np.max([padded[frames + k] for k in range(5)], axis=0)
    return near


def _mended(beats_s: Curve, activations: Matrix, recording: Recording) -> Curve:
    """Return the beats, half a beat later if all witnesses say so and the network is unsure."""
    halves_s = (beats_s[1:] + beats_s[:-1]) / 2
    contrast = _near(activations, beats_s).sum(axis=1).mean()
    contrast -= _near(activations, halves_s).sum(axis=1).mean()
    if contrast > _SURE:
        return beats_s
    both_s = np.sort(np.concatenate([beats_s, halves_s]))
    heard = _witnesses(recording, both_s, reach=2)
    lead = _strongest(heard[::2]) - _strongest(heard[1::2])
    is_off = (lead < 0).all() and lead.sum() < -_LEAST_LEAD
    return halves_s if is_off and len(halves_s) >= _FEWEST_BEATS else beats_s


def _strongest(heard: Curve) -> Curve:
    """Return the most that each witness says for one beat in four."""
    strongest: Curve = np.max([heard[place::4].mean(axis=0) for place in range(4)], axis=0)
    return strongest


def _witnesses(recording: Recording, times_s: Curve, *, reach: int = 1) -> Curve:
    """Hear the witnesses at ``times_s``, compare ``reach`` times before and after."""
    step_s = float(np.median(np.diff(times_s)))
    padding_s = step_s * np.arange(1, reach + 1)
    longer_s = np.concatenate([times_s[0] - padding_s[::-1], times_s, times_s[-1] + padding_s])
    before_s, after_s = longer_s[: -2 * reach], longer_s[2 * reach :]
    return beat_witness.hear(recording, times_s, before_s, after_s)


def _near(activations: Matrix, times_s: Curve) -> Curve:
    """Return the highest probabilities within a frame of ``times_s``, ``(times, 2)``."""
    frames = np.round(times_s * FRAME_RATE_HZ).astype(int)
    padded = np.pad(activations.astype(np.float64), ((1, 1), (0, 0)))
    near: Curve = np.max([padded[frames + k] for k in range(3)], axis=0)
    return near


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


def _lead(path: bar_pointer.Path) -> float:
    """Return by how much the metre won, in log probability per beat."""
    rival = path.rival_log_probability
    return 0.0 if rival is None else (path.log_probability - rival) / len(path.beats)


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
    if models_dir is None:
        return None
    # Not at the top: where there are no weights, the network's libraries are not loaded.
    from soundforge.engines import weight_arrays, weights
    from soundforge.engines.beat_tracking import beatnet

    installed = weights.find(models_dir, _NETWORK)
    if installed is None:
        return None
    return beatnet.Listener(lambda: weight_arrays.read(installed.path))


MEASURES: Final[Mapping[str, Measure]] = {"mel_db": mel.mel_db}
WITNESSES: Final = beat_witness.MEASURES
LISTENERS: Final[Mapping[str, Callable[[Path | None], Listener | None]]] = {_NETWORK: _network}
