"""Note chroma: which pitch classes *sound*, harmonics taken off, in the treble and the bass.

A spectrum with three bins to the semitone is tuned to the recording, whitened (so that timbre
and loudness matter little) and explained as a sum of notes with fading harmonics, none of them
negative (Mauch and Dixon, ISMIR 2010). What is left are notes, folded twice into an octave.
The tuning is known at the end of the pass only; the spectrum of every frame is kept till then.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from soundforge.engines import chromagram, fourier, spectrum
from soundforge.engines.banded import FilterBank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from soundforge.engines.feature import Matrix, Measure, Recording
    from soundforge.engines.spectrum import Block

FRAME_RATE_HZ: Final = spectrum.WIDE_RATE_HZ

_LOWEST: Final = 28  # MIDI notes, E1 to B6
_HIGHEST: Final = 95
_PER_SEMITONE: Final = 3
_BINS: Final = (_HIGHEST - _LOWEST + 1) * _PER_SEMITONE
_MARGIN: Final = 2  # bins on either side: the tuning moves the grid by up to 1.5
_OCTAVE: Final = 12 * _PER_SEMITONE

_HARMONICS: Final = 14
_FADING: Final = 0.7  # from one harmonic to the next
_UPDATES: Final = 30
_LEAST: Final = np.float32(1e-9)
_LEAST_VARIANCE: Final = np.float32(1e-18)

_TREBLE: Final = (60.0, 15.0)  # centre and width in semitones
_BASS: Final = (42.0, 8.0)


@dataclass(frozen=True, slots=True)
class NoteChroma:
    """Strength of the pitch classes from C, ``(frames, 12)`` each, at `FRAME_RATE_HZ`.

    Args:
        treble: Of the notes around middle C.
        bass: Of the lowest notes.
        level: Root-mean-square magnitude of each frame, ``(frames,)``; what the whitening hides.
    """

    treble: Matrix
    bass: Matrix
    level: Matrix


def note_spectrum(block: Block) -> Matrix:
    """Return magnitudes on a logarithmic scale, ``(wide frames, 208)``; a sine is 1 at most."""
    used, filters = _filters()
    bins = fourier.rfft(block.wide_frames * _window())[:, used]
    return filters.of(np.abs(bins))


MEASURES: Final[dict[str, Measure]] = {
    "note_spectrum": note_spectrum,
    "tuning_peaks": chromagram.tuning_peaks,
}


def note_chroma(recording: Recording) -> NoteChroma:
    """Return the note chroma of a recording; use it by way of `Recording.once`."""
    shift = chromagram.tuning(recording) * _PER_SEMITONE
    parts = [_of_part(part, shift) for part in _joined(recording.columns["note_spectrum"])]
    treble, bass, level = (np.concatenate(column) for column in zip(*parts, strict=True))
    return NoteChroma(treble, bass, level)


def _joined(parts: Sequence[Matrix]) -> Iterator[Matrix]:
    """Yield a few parts at a time: larger products, yet all in the cache."""
    for at in range(0, len(parts), 4):
        yield np.concatenate(parts[at : at + 4])


def _of_part(part: Matrix, shift: float) -> tuple[Matrix, Matrix, Matrix]:
    tuned = _tuned(part, shift)
    level: Matrix = np.sqrt(np.square(tuned).mean(axis=1))
    notes = _explain(_whitened(tuned))
    return notes @ _fold(*_TREBLE), notes @ _fold(*_BASS), level


def _tuned(part: Matrix, shift: float) -> Matrix:
    """Read the spectrum ``shift`` bins higher, between two bins if need be."""
    below = int(np.floor(shift))
    share = np.float32(shift - below)
    first = _MARGIN + below
    lower, upper = (part[:, at : at + _BINS] for at in (first, first + 1))
    tuned: Matrix = lower + share * (upper - lower)
    return tuned


def _whitened(part: Matrix) -> Matrix:
    """Return what stands out of the octave around it, in its standard deviations."""
    above: Matrix = np.subtract(part, part @ _smoothing())
    variance: Matrix = np.square(above) @ _smoothing()
    spread: Matrix = np.sqrt(np.maximum(variance, _LEAST_VARIANCE))
    white: Matrix = np.divide(np.maximum(above, 0), spread)
    return white


def _explain(white: Matrix) -> Matrix:
    """Return how strongly every note sounds, ``(frames, notes)``: multiplicative updates."""
    spectra = _dictionary()
    gram = spectra.T @ spectra
    wanted: Matrix = np.maximum(white @ spectra, _LEAST)
    notes: Matrix = np.maximum(wanted, np.float32(1e-6))
    for _ in range(_UPDATES):
        notes *= wanted / (notes @ gram + _LEAST)
    return notes


# The tables are made when they are first used: many analyses need none of them.
@functools.cache
def _window() -> NDArray[np.float32]:
    return np.hanning(spectrum.WIDE_LENGTH).astype(np.float32)


@functools.cache
def _filters() -> tuple[slice, FilterBank]:
    """Return the bins of the Fourier transform that are used, and their weights, ``(n, 208)``."""
    hz = np.fft.rfftfreq(spectrum.WIDE_LENGTH, 1 / spectrum.SAMPLE_RATE_HZ)
    pitch = np.full(len(hz), -1e3)
    pitch[1:] = (69 + 12 * np.log2(hz[1:] / 440.0) - _LOWEST) * _PER_SEMITONE
    places = np.arange(-_MARGIN, _BINS + _MARGIN)
    weights = np.maximum(0, 1 - np.abs(pitch[:, None] - places))
    for column in np.flatnonzero(weights.sum(axis=0) < 1e-6):  # in the bass bins lie far apart
        weights[np.abs(pitch - places[column]).argmin(), column] = 1
    weights /= np.maximum(weights.sum(axis=0), 1e-9)
    weights *= 2 / _window().sum()
    used = np.flatnonzero(weights.any(axis=1))
    bins = slice(int(used[0]), int(used[-1]) + 1)
    return bins, FilterBank(weights[bins])


@functools.cache
def _dictionary() -> NDArray[np.float32]:
    """Return the spectrum of every note, ``(204, 68)``, each of length 1."""
    bins = np.arange(_BINS)[:, None]
    notes = np.arange(_HIGHEST - _LOWEST + 1)
    spectra = np.zeros((_BINS, len(notes)))
    for harmonic in range(1, _HARMONICS + 1):
        at = (notes + 12 * np.log2(harmonic)) * _PER_SEMITONE
        spectra += _FADING ** (harmonic - 1) * np.maximum(0, 1 - np.abs(bins - at) / 1.5)
    single: NDArray[np.float32] = (spectra / np.linalg.norm(spectra, axis=0)).astype(np.float32)
    return single


@functools.cache
def _smoothing() -> NDArray[np.float32]:
    """Return the running mean over an octave on either side, as a matrix."""
    distance = np.abs(np.arange(_BINS)[:, None] - np.arange(_BINS))
    weights = np.maximum(0, 0.5 + 0.5 * np.cos(np.pi * np.minimum(distance / _OCTAVE, 1)))
    single: NDArray[np.float32] = (weights / _OCTAVE).astype(np.float32)
    return single


@functools.cache
def _fold(centre: float, width: float) -> NDArray[np.float32]:
    notes = np.arange(_LOWEST, _HIGHEST + 1)
    weights = np.exp(-0.5 * ((notes - centre) / width) ** 2)
    folded: NDArray[np.float32] = (np.eye(12)[notes % 12] * weights[:, None]).astype(np.float32)
    return folded
