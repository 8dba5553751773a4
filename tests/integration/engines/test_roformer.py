"""A RoFormer from its file to stems: a tiny network of the family, everything else as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from soundforge.engines import pull_model, separate, stem_checkpoint, weights
from soundforge.engines.runtime import EngineError
from tests.fixtures import half_precision, roformer_weights
from tests.fixtures.roformer_weights import MODEL, RATE_HZ

STEMS = MODEL.stems


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.fixture(scope="module")
def models_dir(tmp_path_factory):
    return roformer_weights.install(tmp_path_factory.mktemp("weights"))


def song(path, seconds, channels=2, sample_rate_hz=RATE_HZ):
    rng = np.random.default_rng(3)
    samples = rng.standard_normal((max(1, int(seconds * sample_rate_hz)), channels)) * 0.1
    soundfile.write(path, samples, sample_rate_hz, "FLOAT")
    return path


def run(path, out_dir, models_dir, report=lambda *_, **__: None, **more):
    out_dir.mkdir(exist_ok=True)
    fixed = {"path": str(path), "out_dir": str(out_dir), "models_dir": str(models_dir)}
    more = {"precision": "f32", "format": "wav", "chunk_s": 4, "threads": 2, **more}
    return separate.separate_with(MODEL, {**fixed, **more}, report)


def read(out_dir, stem):
    return soundfile.read(out_dir / f"{stem}.wav", dtype="float32")[0]


@pytest.fixture(scope="module")
def whole(models_dir, tmp_path_factory):
    """Separate 1.6 s (11 segments) once: the song, the folder, the result."""
    folder = tmp_path_factory.mktemp("whole")
    path = song(folder / "song.wav", 1.6)
    return path, folder / "out", run(path, folder / "out", models_dir)


def test_every_stem_is_as_long_as_the_song_and_together_they_are_the_song(whole):
    path, out_dir, value = whole
    mix = soundfile.read(path, dtype="float32")[0]

    stems = [read(out_dir, stem) for stem in STEMS]

    assert value["frames"] == len(mix)
    for stem in stems:
        assert stem.shape == mix.shape
        assert stem.std() > 1e-4
    np.testing.assert_allclose(sum(stems), mix, atol=1e-5)
    assert value["null_test_db"] > 90
    assert (out_dir / "vocals" / "00000.flac").is_file()


def test_a_killed_run_goes_on_and_ends_the_same_bit_by_bit(whole, models_dir, tmp_path):
    path, out_dir, _ = whole
    first, second = tmp_path / "first", tmp_path / "second"
    told = iter(range(4))

    def killed(fraction, message, **_):
        if (first / stem_checkpoint.FILE_NAME).is_file() and next(told, None) is None:
            raise Killed

    with pytest.raises(Killed):
        run(path, first, models_dir, report=killed)

    value = run(path, second, models_dir, earlier_dirs=[str(first)])

    assert value["resumed_segments"] >= 3
    for stem in STEMS:
        np.testing.assert_array_equal(read(second, stem), read(out_dir, stem))


@pytest.mark.parametrize("stems", [["vocals"], ["other"], ["drums", "other"]])
def test_a_part_of_the_stems_is_the_same_as_in_all_of_them(stems, whole, models_dir, tmp_path):
    path, out_dir, _ = whole

    run(path, tmp_path / "out", models_dir, stems=stems)

    for stem in STEMS:
        if stem in stems:
            found, expected = read(tmp_path / "out", stem), read(out_dir, stem)
            np.testing.assert_allclose(found, expected, atol=1e-6)
        else:
            assert not (tmp_path / "out" / f"{stem}.wav").exists()


@pytest.mark.parametrize(
    ("seconds", "channels", "sample_rate_hz"),
    [(0, 1, RATE_HZ), (0.1, 2, RATE_HZ), (0.4, 6, 96000), (0.7, 1, 8000)],
    ids=["one sample", "0.1 s", "5.1 at 96 kHz", "8 kHz mono"],
)
def test_odd_audio_gives_exact_lengths(seconds, channels, sample_rate_hz, models_dir, tmp_path):
    path = song(tmp_path / "song.wav", seconds, channels, sample_rate_hz)

    value = run(path, tmp_path / "out", models_dir)

    frames = -(-max(1, int(seconds * sample_rate_hz)) * RATE_HZ // sample_rate_hz)
    for stem in STEMS:
        found = read(tmp_path / "out", stem)
        assert value["frames"] == len(found) == frames
        assert np.isfinite(found).all()


def awkward(kind):
    frames = RATE_HZ // 2
    if kind == "silence":
        return np.zeros((frames, 2))
    if kind == "DC":
        return np.full((frames, 2), 0.5)
    broken = np.random.default_rng(1).standard_normal((frames, 2)) * 0.1
    broken[1000:1100] = np.nan
    return broken


@pytest.mark.parametrize("kind", ["silence", "DC", "NaN"])
@pytest.mark.parametrize("precision", ["f32", "f16", "auto"])
def test_awkward_audio_gives_finite_stems(kind, precision, models_dir, tmp_path):
    soundfile.write(tmp_path / "song.wav", awkward(kind), RATE_HZ, "FLOAT")

    run(tmp_path / "song.wav", tmp_path / "out", models_dir, precision=precision)

    for stem in STEMS:
        assert np.isfinite(read(tmp_path / "out", stem)).all()


def test_half_precision_is_near(whole, models_dir, monkeypatch, tmp_path):
    path, out_dir, _ = whole
    half_precision.pretend(monkeypatch.setattr)

    value = run(path, tmp_path / "out", models_dir, precision="f16")

    assert (value["precision"], value["mended_segments"]) == ("f16", 0)
    exact, found = read(out_dir, "vocals"), read(tmp_path / "out", "vocals")
    assert 0 < np.abs(found - exact).std() < 0.05 * exact.std()


def test_weights_from_a_ckpt_are_installed_checked_and_removed(tmp_path):
    file = roformer_weights.write_ckpt(tmp_path / "Tiny.ckpt", roformer_weights.random_arrays())
    model = replace(
        MODEL,
        weights=replace(
            MODEL.weights,
            files=(replace(MODEL.weights.files[0], sha256=weights.file_sha256(file)),),
        ),
    )
    params = {"models_dir": str(tmp_path / "models"), "file": str(tmp_path)}

    pull_model.install(model, params, lambda *_, **__: None)

    installed = weights.find(tmp_path / "models", MODEL.name)
    assert installed.manifest.source == "published"
    assert weights.is_whole(installed)


def test_a_file_that_is_not_the_published_one_is_refused_unless_asked_for(tmp_path):
    arrays = roformer_weights.random_arrays()
    file = roformer_weights.write_ckpt(tmp_path / "Tiny.ckpt", arrays)
    params = {"models_dir": str(tmp_path / "models"), "file": str(file)}

    with pytest.raises(EngineError) as refusal:
        pull_model.install(MODEL, params, lambda *_, **__: None)

    assert refusal.value.code == "weights_hash_mismatch"


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    arrays = roformer_weights.random_arrays()
    arrays["layers.0.0.norm.gamma"][3] = np.nan
    file = roformer_weights.write_ckpt(tmp_path / "Tiny.ckpt", arrays)
    params = {"models_dir": str(tmp_path / "models"), "file": str(file), "accepts_unknown": True}

    with pytest.raises(EngineError) as refusal:
        pull_model.install(MODEL, params, lambda *_, **__: None)

    assert refusal.value.code == "weights_invalid"
    assert not (tmp_path / "models" / MODEL.name).exists()


def test_it_runs_without_torch(whole, models_dir, tmp_path):
    path, *_ = whole
    code = (
        "import sys, json; sys.modules['torch'] = None; "
        "from soundforge.engines import separate; "
        "from tests.fixtures.roformer_weights import MODEL; "
        "separate.separate_with(MODEL, json.loads(sys.argv[1]), lambda *_, **__: None)"
    )
    params = {"path": str(path), "out_dir": str(tmp_path), "models_dir": str(models_dir)}

    subprocess.run([sys.executable, "-c", code, json.dumps(params)], check=True, cwd=".")

    assert (tmp_path / "other.flac").is_file()
