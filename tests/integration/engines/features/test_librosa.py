"""The features against librosa 0.11, frame by frame, on signals that are made here.

The differences allowed are those of single precision. Chroma differs a little more: its tuned
filters are interpolated, and the tuning is taken from every eighth frame.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
import pytest

from soundforge.engines import chromagram
from soundforge.engines.beat_tracking import beats
from tests.fixtures.audio import clicks
from tests.fixtures.listening import FEATURES, RATE_HZ, in_blocks, listen, noise, notes, sweep

with warnings.catch_warnings():
    # librosa 0.11 imports audioread, which imports modules that Python will drop.
    warnings.simplefilter("ignore", DeprecationWarning)
    import librosa

SECONDS: Final = 10


def band():
    """Clicks and a chord a few cents sharp over hiss: something of everything."""
    beat = clicks(SECONDS, 97, rate_hz=RATE_HZ, channels=1)[:, 0]
    return 0.5 * beat + 0.3 * notes(SECONDS, 57, 60, 64, cents=7) + 0.05 * noise(SECONDS)


SIGNALS: Final = {
    "clicks": clicks(SECONDS, 120, rate_hz=RATE_HZ, channels=1)[:, 0],
    "chord": notes(SECONDS, 57, 60, 64, cents=7),
    "noise": noise(SECONDS),
    "sweep": sweep(SECONDS),
    "band": band(),
}

#: Largest difference of one value, and of the mean over all frames, relative to the largest
#: value. Bandwidth and contrast live off small differences, which pure tones turn to dust: how
#: much of it depends on the processor.
ALLOWED: Final = {
    "rms": (1e-6, 1e-6),
    "zero_crossing_rate": (1e-6, 1e-6),
    "centroid_hz": (1e-5, 1e-5),
    "rolloff_hz": (1e-6, 1e-6),
    "bandwidth_hz": (1e-2, 5e-4),
    "flatness": (1e-5, 1e-6),
    "mfcc": (1e-5, 1e-5),
    "onset_strength": (1e-4, 1e-5),
}


@pytest.fixture(scope="module", params=SIGNALS)
def heard(request):
    """One signal, our matrices, our tuning and librosa's magnitudes."""
    signal = SIGNALS[request.param].astype(np.float32)
    recording = listen(in_blocks(signal), *FEATURES)
    matrices = {}
    for feature in FEATURES.values():
        matrices.update(feature.extract(recording).matrices)
    tuning = chromagram.tuning(recording)
    return signal, matrices, tuning, np.abs(librosa.stft(signal))


def test_curves_equal_librosas(heard):
    signal, ours, _, magnitude = heard
    feature = librosa.feature
    theirs = {
        "rms": feature.rms(y=signal),
        "zero_crossing_rate": feature.zero_crossing_rate(signal),
        "centroid_hz": feature.spectral_centroid(S=magnitude),
        "rolloff_hz": feature.spectral_rolloff(S=magnitude),
        "bandwidth_hz": feature.spectral_bandwidth(S=magnitude),
        "flatness": feature.spectral_flatness(S=magnitude),
        "mfcc": feature.mfcc(y=signal, n_mfcc=13),
        "onset_strength": librosa.onset.onset_strength(y=signal),
    }

    for name, (one, mean) in ALLOWED.items():
        expected = np.squeeze(theirs[name])
        largest = np.abs(expected).max()
        np.testing.assert_allclose(ours[name], expected, atol=one * largest, rtol=0, err_msg=name)
        np.testing.assert_allclose(
            ours[name].mean(-1), expected.mean(-1), atol=mean * largest, rtol=0, err_msg=name
        )


# Elsewhere the valleys are rounding errors.
@pytest.mark.parametrize("heard", ["noise", "band"], indirect=True)
def test_contrast_equals_librosas_where_there_is_sound_in_every_octave(heard):
    _, ours, _, magnitude = heard

    theirs = librosa.feature.spectral_contrast(S=magnitude)

    np.testing.assert_allclose(ours["contrast_db"], theirs, atol=0.01)


def test_chroma_equals_librosas(heard):
    _, ours, tuning, magnitude = heard

    theirs = librosa.feature.chroma_stft(S=magnitude**2, tuning=tuning)

    np.testing.assert_allclose(ours["chroma"].mean(1), theirs.mean(1), atol=0.0025)


# Hiss and a glide have no tuning: each takes another.
@pytest.mark.parametrize("heard", ["chord", "band"], indirect=True)
def test_tuning_equals_librosas_where_there_are_notes(heard):
    _, _, tuning, magnitude = heard

    assert tuning == pytest.approx(librosa.estimate_tuning(S=magnitude**2), abs=0.02)


def test_beats_equal_librosas(heard):
    _, ours, _, _ = heard
    onset = ours["onset_strength"]

    bpm, frames = librosa.beat.beat_track(onset_envelope=onset, sr=RATE_HZ, units="frames")

    rough_bpm = beats.lag_tempo_bpm(beats.periodicity(onset))
    assert rough_bpm == pytest.approx(float(np.ravel(bpm)[0]))
    np.testing.assert_array_equal(beats.track(onset, rough_bpm), frames)
