"""Half precision in a real engine process: measured, refused, mended, remembered, never mixed up.

The CPU's half precision is emulated (tests/fixtures/half_precision.py), the network is tiny.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import soundfile

from soundforge.engines import precision_record
from tests.fixtures import roformer_weights
from tests.fixtures.roformer_weights import MODEL, RATE_HZ

STEMS = MODEL.stems


def song(path, kind="noise"):
    samples = np.random.default_rng(3).standard_normal((RATE_HZ, 2)) * 0.1
    soundfile.write(path, samples * (kind != "silence"), RATE_HZ, "FLOAT")
    return path


def models(folder, change=None):
    """Install the tiny network; ``change`` may spoil its arrays."""
    folder.mkdir()
    arrays = roformer_weights.random_arrays()
    # A tiny network has few numbers to average rounding over: a small branch keeps it near.
    for name in arrays:
        if "to_out" in name or name.endswith("net.4.weight"):
            arrays[name] *= np.float32(0.1)
    if change:
        change(arrays)
    return roformer_weights.install(folder, arrays=arrays)


def separate(path, out_dir, models_dir, precision="auto", **environment):
    """Run the engine's program; return its answer, None if it died."""
    out_dir.mkdir(exist_ok=True)
    params = {"path": str(path), "out_dir": str(out_dir), "models_dir": str(models_dir)}
    params |= {"precision": precision, "format": "wav", "chunk_s": 4, "threads": 1}
    program = subprocess.run(
        [sys.executable, "-m", "tests.fixtures.half_engine"],
        input=json.dumps({"type": "request", "job": "test", "params": params}) + "\n",
        env={**os.environ, "HALF_CPU": "a CPU", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = program.stdout.splitlines()
    answer = json.loads(lines[-1]) if lines else {}
    assert answer.get("type") != "error", answer
    return answer["value"] if answer.get("type") == "result" else None


def stems(out_dir):
    return [soundfile.read(out_dir / f"{stem}.wav", dtype="float32")[0] for stem in STEMS]


def record(models_dir):
    path = models_dir / MODEL.name / precision_record.FILE_NAME
    return json.loads(path.read_text()) if path.exists() else {}


def write_record(models_dir, entries):
    (models_dir / MODEL.name / precision_record.FILE_NAME).write_text(json.dumps(entries))


def overflow(arrays):
    """Let the first layer make numbers that half precision does not hold."""
    arrays["band_split.to_features.0.1.bias"][:] = 1e5


def test_what_was_measured_decides_is_remembered_and_holds_for_one_cpu_and_weights(tmp_path):
    path, models_dir = song(tmp_path / "song.wav"), models(tmp_path / "good")
    exact = separate(path, tmp_path / "exact", models_dir, "f32")

    half = separate(path, tmp_path / "half", models_dir)

    assert (exact["precision"], half["precision"], half["mended_segments"]) == ("f32", "f16", 0)
    (key,) = known = record(models_dir)
    assert exact["weights_hash"] in key
    assert "a CPU" in key
    assert known[key].keys() == set(STEMS)
    for full, rough in zip(stems(tmp_path / "exact"), stems(tmp_path / "half"), strict=True):
        assert not np.array_equal(full, rough)
        assert np.abs(full - rough).std() < full.std() / 300

    # What is remembered is believed, so it was not measured again.
    write_record(models_dir, {key: dict.fromkeys(STEMS, 10.0)})
    assert separate(path, tmp_path / "refused", models_dir)["precision"] == "f32"

    other = separate(path, tmp_path / "other", models_dir, HALF_CPU="another CPU")
    assert other["precision"] == "f16"
    assert len(record(models_dir)) == 2


def test_half_precision_that_overflows_is_refused_and_mended_where_it_is_forced(tmp_path):
    path, models_dir = song(tmp_path / "song.wav"), models(tmp_path / "bad", overflow)
    separate(path, tmp_path / "exact", models_dir, "f32")

    refused = separate(path, tmp_path / "auto", models_dir)
    forced = separate(path, tmp_path / "forced", models_dir, "f16")

    assert refused["precision"] == "f32"
    (found,) = record(models_dir).values()
    assert max(found.values()) < 0
    assert forced["precision"] == "f16"
    assert forced["mended_segments"] > 1
    for found in ("auto", "forced"):
        for full, same in zip(stems(tmp_path / "exact"), stems(tmp_path / found), strict=True):
            np.testing.assert_array_equal(full, same)


def test_an_end_while_it_is_measured_leaves_nothing_behind(tmp_path):
    path, models_dir = song(tmp_path / "song.wav"), models(tmp_path / "good")

    assert separate(path, tmp_path / "out", models_dir, HALF_DIES="measuring") is None
    assert record(models_dir) == {}

    assert separate(path, tmp_path / "out", models_dir)["precision"] == "f16"
    assert len(record(models_dir)) == 1


def test_work_goes_on_in_the_precision_that_it_began_in_or_begins_anew(tmp_path):
    path, models_dir = song(tmp_path / "song.wav"), models(tmp_path / "good")
    separate(path, tmp_path / "half", models_dir, "f16")

    assert separate(path, tmp_path / "out", models_dir, "f32", HALF_DIES="separating") is None
    assert separate(path, tmp_path / "out", models_dir, "f16", HALF_DIES="separating") is None
    value = separate(path, tmp_path / "out", models_dir, "f16")

    # The second attempt found segments in the other precision and began anew: 8 would be both.
    assert value["resumed_segments"] == 4
    for whole, same in zip(stems(tmp_path / "half"), stems(tmp_path / "out"), strict=True):
        np.testing.assert_array_equal(whole, same)


def test_silence_settles_nothing(tmp_path):
    models_dir = models(tmp_path / "good")
    path = song(tmp_path / "silence.wav", "silence")

    assert separate(path, tmp_path / "out", models_dir)["precision"] == "f32"
    assert record(models_dir) == {}
