"""Chroma: the power of the twelve pitch classes, tuned to the recording.

The tuning is known only at the end of the pass, and the spectra are gone by then. So the
octave is first folded finely, at `STEPS` places per semitone, and the twelve classes are
read off between those places once the tuning is known. The weights are those of Ellis's
chroma (2007), as in librosa; being smooth, they lose nothing on that way.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines.spectrum import BIN_HZ, FRAME_LENGTH, SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Measure, Recording
    from soundforge.engines.spectrum import Block

STEPS: Final = 4
PLACES: Final = 12 * STEPS

_A_HZ: Final = 440.0
_CENTRE_OCTAVE: Final = 5.0  # counted from A0 - 1, as in librosa: about 880 Hz
_OCTAVE_WIDTH: Final = 2.0
_A_TO_C: Final = 3

_TUNING_EVERY: Final = 8  # frames; a divisor of BLOCK_FRAMES
_TUNING_BINS: Final = slice(
    int(np.searchsorted(BIN_HZ, 150.0)), int(np.searchsorted(BIN_HZ, 4000.0))
)
_CENTS: Final = 100


def fine_chroma(block: Block) -> Matrix:
    """Return the power at every place of the octave, ``(frames, 48)``, starting at C."""
    folded: Matrix = block.power @ _filters()
    return folded


def tuning_peaks(block: Block) -> Matrix:
    """Return the spectral peaks of some frames as ``(peaks, 2)``: deviation and power.

    The deviation from the next note of an A = 440 Hz scale is in semitones, -0.5 to 0.5.
    """
    power = block.power[::_TUNING_EVERY]
    first, last = _TUNING_BINS.start, _TUNING_BINS.stop
    here, below, above = (power[:, first + k : last + k] for k in (0, -1, 1))
    threshold = 0.1 * power.max(axis=1, keepdims=True)
    at = np.nonzero((here > below) & (here >= above) & (here > threshold))
    y, left, right = here[at], below[at], above[at]
    bend = 2 * y - left - right
    # A parabola through the three bins finds the peak between them.
    shift = np.divide(right - left, 2 * bend, out=np.zeros_like(y), where=bend > 0)
    hz = (at[1] + first + shift) * (SAMPLE_RATE_HZ / FRAME_LENGTH)
    semitones = 12 * np.log2(hz / _A_HZ)
    deviation = semitones - np.round(semitones)
    height = y + 0.25 * (right - left) * shift
    return np.stack([deviation, height], axis=1).astype(np.float32)


MEASURES: Final[dict[str, Measure]] = {"fine_chroma": fine_chroma, "tuning_peaks": tuning_peaks}


def chroma(recording: Recording) -> Matrix:
    """Return the chromagram, ``(frames, 12)`` from C, the largest of each frame being 1.

    A frame without sound is all 0.
    """
    reader = _reader(tuning(recording))
    return np.concatenate([_scaled(part @ reader) for part in recording.columns["fine_chroma"]])


def tuning(recording: Recording) -> float:
    """Return how far the recording lies from A = 440 Hz, -0.5 to 0.5 semitones; 0 if unknown.

    The method is librosa's: the commonest deviation among the stronger half of the peaks.
    """
    deviation, height = recording.column("tuning_peaks").T
    if not len(height):
        return 0.0
    strong = deviation[height >= np.median(height)]
    counts, edges = np.histogram(strong, np.linspace(-0.5, 0.5, _CENTS + 1))
    return float(edges[counts.argmax()])


def _scaled(twelve: Matrix) -> Matrix:
    twelve = np.maximum(twelve, 0)
    largest = twelve.max(axis=1, keepdims=True)
    is_sound = largest > np.finfo(np.float32).tiny
    scaled: Matrix = np.divide(twelve, largest, out=np.zeros_like(twelve), where=is_sound)
    return scaled


def _reader(tuning: float) -> NDArray[np.float32]:
    """Return ``(48, 12)``: periodic band-limited interpolation at the twelve tuned classes."""
    wanted = np.arange(12) + tuning
    phase = np.pi * (wanted - np.arange(PLACES)[:, None] / STEPS) / 12
    is_on_place = np.abs(np.sin(phase)) < 1e-9
    safe = np.where(is_on_place, 1.0, phase)
    kernel = np.sin(PLACES * safe) / np.tan(safe) / PLACES
    return np.where(is_on_place, 1.0, kernel).astype(np.float32)


@functools.cache  # when first used: many analyses do without
def _filters() -> NDArray[np.float32]:
    count = len(BIN_HZ) + 1  # one more, for the width of the last
    hz = np.arange(count) * (SAMPLE_RATE_HZ / FRAME_LENGTH)
    pitch = np.empty(count)  # in semitones above the A of octave 0
    pitch[1:] = 12 * np.log2(hz[1:] / (_A_HZ / 16))
    pitch[0] = pitch[1] - 18  # there is no pitch at 0 Hz: far below, by convention
    width = np.append(np.maximum(np.diff(pitch), 1.0), 1.0)
    place = np.arange(PLACES) / STEPS
    distance = (pitch[:, None] - place + 6) % 12 - 6
    weights = np.exp(-0.5 * (2 * distance / width[:, None]) ** 2)
    # Twelve classes belong together whatever the tuning: one in `STEPS` places.
    groups = weights.reshape(count, 12, STEPS)
    groups /= np.sqrt((groups**2).sum(axis=1, keepdims=True))
    weights *= np.exp(-0.5 * ((pitch / 12 - _CENTRE_OCTAVE) / _OCTAVE_WIDTH) ** 2)[:, None]
    from_c = np.roll(weights, -_A_TO_C * STEPS, axis=1)
    return np.ascontiguousarray(from_c[: len(BIN_HZ)], np.float32)
