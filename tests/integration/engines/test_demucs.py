"""The Demucs engine with random weights in the real architecture: lengths, resuming, subsets."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from soundforge.engines import demucs, separate, stem_checkpoint, weights
from soundforge.engines.runtime import EngineError
from soundforge.engines.separation import Task
from tests.fixtures import audio

RATE_HZ = 44100
MODEL = "htdemucs"
STEMS = ("drums", "bass", "other", "vocals")


class Killed(Exception):
    """Stands for the end of the process."""


def song(path, seconds, channels=2, sample_rate_hz=RATE_HZ):
    rng = np.random.default_rng(3)
    frames = int(seconds * sample_rate_hz)
    t_s = np.arange(frames) / sample_rate_hz
    tones = sum(np.sin(2 * np.pi * f * t_s) for f in (110, 220.5, 880)) * 0.1
    beats = rng.standard_normal(frames) * 0.3 * np.exp(-8 * (t_s % 0.5))
    sides = rng.uniform(0.6, 1, channels)
    soundfile.write(path, (tones + beats)[:, None] * sides, sample_rate_hz, "FLOAT")
    return path


def params(path, out_dir, models_dir, **more):
    out_dir.mkdir(exist_ok=True)
    more = {"precision": "f32", "format": "wav", "chunk_s": 4, "threads": 2, **more}
    fixed = {"path": str(path), "out_dir": str(out_dir), "models_dir": str(models_dir)}
    return {"model": MODEL, **fixed, **more}


def run(*args, report=lambda *_, **__: None, **more):
    return separate.separate(params(*args, **more), report)


def read(out_dir, stem="drums"):
    return soundfile.read(out_dir / f"{stem}.wav", dtype="float32")[0]


@pytest.fixture(scope="module")
def whole(random_htdemucs, tmp_path_factory):
    """Separate 8 s (two segments) once: the song, the folder, the result."""
    folder = tmp_path_factory.mktemp("whole")
    path = song(folder / "song.wav", 8)
    return path, folder / "out", run(path, folder / "out", random_htdemucs)


def test_four_different_stems_as_long_as_the_song(whole):
    path, out_dir, value = whole

    stems = [read(out_dir, stem) for stem in STEMS]

    assert value["frames"] == len(audio.read_all(path)[0])
    for stem in stems:
        assert stem.shape == (value["frames"], 2)
        assert np.isfinite(stem).all()
        assert stem.std() > 1e-4
    assert abs(np.corrcoef(stems[0].ravel(), stems[1].ravel())[0, 1]) < 0.999
    names = sorted(p.name for p in out_dir.iterdir())
    files = {f"{stem}{end}" for stem in STEMS for end in ("", ".wav", ".peaks")}
    assert names == sorted(files)  # neither checkpoint nor lock nor raw samples


def test_a_killed_run_goes_on_and_ends_the_same_bit_by_bit(whole, random_htdemucs, tmp_path):
    path, out_dir, _ = whole
    first, second = tmp_path / "first", tmp_path / "second"

    def killed_at_the_second_segment(fraction, message, **_):
        if (first / stem_checkpoint.FILE_NAME).is_file():
            raise Killed

    with pytest.raises(Killed):
        run(path, first, random_htdemucs, report=killed_at_the_second_segment)
    with (first / ".drums.f32").open("ab") as file:
        file.write(b"what was half written when the power went")

    told = []

    def tell(fraction, message, **detail):
        told.append((fraction, message, detail.get("ready_s")))

    value = run(path, second, random_htdemucs, report=tell, earlier_dirs=[str(first)])

    assert value["resumed_segments"] >= 1
    assert told[0] == (0.0, "loading the model", None)
    assert told[1][0] > 0.05  # before anything is computed
    assert told[2][0] > told[1][0]
    ends = {message: fraction for fraction, message, _ in told}
    assert ends == pytest.approx(
        {"loading the model": 0, "separating": 0.94, "writing the stems": 0.94}
        | {"checking the sum": 0.985}
    )
    for stem in STEMS:  # not the bytes: a WAV file has the time of its making in it
        np.testing.assert_array_equal(read(second, stem), read(out_dir, stem))
    for name in ("bass.peaks", "other/00000.flac"):
        assert (second / name).read_bytes() == (out_dir / name).read_bytes()


def test_other_stems_do_not_go_on_from_there_and_a_subset_is_the_same(
    whole, random_htdemucs, tmp_path
):
    path, out_dir, _ = whole
    earlier = tmp_path / "earlier"
    earlier.mkdir()
    (earlier / stem_checkpoint.FILE_NAME).write_bytes(b"of another work" * 10)
    (earlier / ".vocals.f32").write_bytes(b"x" * 8000)

    dirs = [str(tmp_path / "nothing"), str(earlier)]
    value = run(path, tmp_path / "out", random_htdemucs, stems=["vocals"], earlier_dirs=dirs)

    assert value["resumed_segments"] == 0
    exact, found = read(out_dir, "vocals"), read(tmp_path / "out", "vocals")
    np.testing.assert_allclose(found, exact, atol=1e-5 * np.abs(exact).max())
    assert not (tmp_path / "out" / "drums.wav").exists()


@pytest.mark.parametrize(
    ("seconds", "channels", "sample_rate_hz"),
    [(0.1, 2, RATE_HZ), (1 / RATE_HZ, 1, RATE_HZ), (0.5, 6, 96000), (0.5, 1, 8000)],
    ids=["0.1 s", "one sample", "5.1 at 96 kHz", "8 kHz mono"],
)
def test_odd_audio_gives_exact_lengths(
    seconds, channels, sample_rate_hz, random_htdemucs, tmp_path
):
    path = song(tmp_path / "song.wav", seconds, channels, sample_rate_hz)

    value = run(path, tmp_path / "out", random_htdemucs, stems=["bass"])

    frames = -(-max(1, int(seconds * sample_rate_hz)) * RATE_HZ // sample_rate_hz)
    assert value["frames"] == len(read(tmp_path / "out", "bass")) == frames
    assert np.isfinite(read(tmp_path / "out", "bass")).all()


def test_silence_gives_finite_stems(random_htdemucs, tmp_path):
    soundfile.write(tmp_path / "song.wav", np.zeros((RATE_HZ, 2)), RATE_HZ)

    run(tmp_path / "song.wav", tmp_path / "out", random_htdemucs, stems=["bass"])

    assert np.isfinite(read(tmp_path / "out", "bass")).all()


@pytest.mark.parametrize(
    "wrong", [{"precision": "f8"}, {"device": "tpu"}, {"overlap": 1}, {"overlap": "x"}]
)
def test_an_option_that_cannot_be_is_refused(wrong, random_htdemucs, tmp_path):
    with pytest.raises(EngineError) as refusal:
        run(tmp_path / "song.wav", tmp_path / "out", random_htdemucs, **wrong)

    assert refusal.value.code == "params_invalid"


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
@pytest.mark.parametrize(
    ("asked", "reason"),
    [("auto", ""), ("cpu", ""), ("cuda", "CUDA needs the extra gpu, which is not installed")],
)
def test_the_cpu_does_what_no_card_is_there_for(asked, reason, random_htdemucs):
    model = weights.description(MODEL)
    installed = weights.require(random_htdemucs, model)
    task = Task(
        model=model,
        installed=installed,
        mix=None,
        stems=STEMS,
        threads=1,
        precision="f32",
        overlap=0.25,
        checkpoint=None,
        notes={},
        device=asked,
    )

    networks = demucs.networks(task)

    assert (networks.device, networks.fallback) == ("cpu", reason)


def test_it_runs_without_torch(whole, random_htdemucs, tmp_path):
    request = {"type": "request", "job": "1", "params": {}}
    code = "import sys; sys.modules['torch'] = None; import runpy; "
    code += "runpy.run_module('soundforge.engines.separate', run_name='__main__')"
    request["params"] = params(whole[0], tmp_path / "out", random_htdemucs, stems=["vocals"])

    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(request).encode() + b"\n",
        capture_output=True,
        check=True,
        timeout=240,
    )

    assert json.loads(done.stdout.splitlines()[-1])["type"] == "result"
