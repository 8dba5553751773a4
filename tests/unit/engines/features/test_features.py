"""What holds for every feature there is, and for those that come."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import repeat

import numpy as np
import pytest

from soundforge.engines import features
from tests.fixtures.audio import clicks
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise, notes, sweep

HOSTILE = {
    "silence": np.zeros(RATE_HZ),
    "noise": noise(2),
    "one click": np.eye(1, 3 * RATE_HZ, RATE_HZ)[0],
    "clicks": clicks(3, rate_hz=RATE_HZ),
    "a chord": notes(2, 57, 60, 64),
    "a glide": sweep(2),
    "a tenth of a second": noise(0.1),
    "direct current": np.full(RATE_HZ, 0.7),
    "one sample": np.ones(1),
    "three samples": np.ones(3),
    "no numbers": np.full(RATE_HZ, np.nan),
    "some no numbers": np.where(np.arange(RATE_HZ) % 100, noise(1), np.nan),
    "infinite": np.where(np.arange(RATE_HZ) % 100, noise(1), np.inf),
    "far over full scale": noise(1) * 9000,
    "subnormal": np.full(RATE_HZ, 1e-40),
    "32 channels": np.repeat(noise(1)[:, None], 32, axis=1),
}


def test_the_names_known_to_the_server_are_those_of_the_files():
    assert tuple(FEATURES) == features.NAMES
    assert set(features.NAMES) >= {"beats", "chords", "key", "loudness", "sections", "tempo"}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("name", FEATURES)
def test_hostile_signals_get_finite_answers(name, case):
    finding = find(HOSTILE[case], name)

    json.dumps(finding.value, allow_nan=False)
    assert all(np.isfinite(matrix).all() for matrix in finding.matrices.values())
    assert all(matrix.dtype == np.float32 for matrix in finding.matrices.values())


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 48_000, 192_000])
def test_any_sample_rate_is_heard(rate_hz):
    signal = clicks(8, 120, rate_hz=rate_hz, channels=1)

    found = find(signal, "tempo", rate_hz=rate_hz).value

    assert found["bpm"] == pytest.approx(120, abs=0.2)


@pytest.mark.parametrize("name", FEATURES)
def test_curves_do_not_depend_on_how_the_recording_is_read(name):
    signal = np.concatenate([notes(3, 57, 60, 64), noise(3)])

    whole, pieces = (
        FEATURES[name].extract(listen(in_blocks(signal, frames), name)) for frames in (10**6, 999)
    )

    for key, matrix in whole.matrices.items():
        np.testing.assert_array_equal(matrix, pieces.matrices[key])


def test_three_hours_are_heard_in_blocks():
    minute = noise(60)[:, None]

    recording = listen(repeat(minute, 180), "energy")

    assert recording.duration_s == 3 * 3600
    assert FEATURES["energy"].extract(recording).value["rms"] == pytest.approx(0.1, rel=0.01)


def test_little_is_kept_per_hour():
    recording = listen(in_blocks(noise(30)), *FEATURES)

    kept_bytes = sum(block.nbytes for column in recording.columns.values() for block in column)
    # Stereo samples at 44.1 kHz would be 1,270 MB.
    assert kept_bytes * 120 < 180e6


def test_no_feature_loads_what_takes_longer_than_a_song():
    program = (
        "import sys; from tests.fixtures.listening import FEATURES;"
        "print(*{'scipy', 'openvino', 'librosa'} & sys.modules.keys())"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert done.stdout.split() == []
