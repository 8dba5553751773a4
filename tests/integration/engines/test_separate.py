"""The separation program with its real weights."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from soundforge.engines import separate
from soundforge.engines.runtime import EngineError
from tests.fixtures import audio

RATE_HZ = 44100
SPLEETER = "spleeter_2stems"


class Told:
    """What was reported, in order."""

    def __init__(self):
        self.calls = []

    def __call__(self, fraction, message, **detail):
        self.calls.append((fraction, message, detail))


def run(path, out_dir, models_dir, report=None, **more):
    """Run the program's function; ``more`` are params."""
    params = {"path": str(path), "out_dir": str(out_dir), "models_dir": str(models_dir)}
    return separate.separate({"model": SPLEETER, **params, **more}, report or Told())


def stem(out_dir, name):
    return soundfile.read(out_dir / f"{name}.flac", dtype="float64", always_2d=True)[0]


def written(path, samples, sample_rate_hz=RATE_HZ, subtype="FLOAT"):
    soundfile.write(path, samples, sample_rate_hz, subtype)
    return path


def music(frames, channels=2, sample_rate_hz=RATE_HZ):
    """Return something with tones, beats and noise; no song."""
    rng = np.random.default_rng(7)
    t_s = np.arange(frames) / sample_rate_hz
    tones = sum(np.sin(2 * np.pi * f * t_s) for f in (110, 220.5, 331, 880)) * 0.1
    beats = rng.standard_normal(frames) * 0.3 * np.exp(-8 * (t_s % 0.5))
    sides = rng.uniform(0.6, 1, channels)
    return ((tones + beats)[:, None] * sides).astype(np.float32)


@pytest.fixture(scope="module")
def separated(example_song, models_dir, tmp_path_factory):
    """Separate the real song once; return the folder, the result and what was reported."""
    out_dir = tmp_path_factory.mktemp("stems")
    told = Told()
    value = run(example_song, out_dir, models_dir, told, chunk_s=4)
    return out_dir, value, told.calls


def test_a_song_comes_apart_into_different_stems(separated):
    out_dir, value, _ = separated
    gain = 10 ** (value["gain_db"] / 20)

    vocals, accompaniment = (stem(out_dir, s) / gain for s in ("vocals", "accompaniment"))

    # The reference implementation gives .111, .218 (what lies above 11 kHz is lost) and .036.
    assert np.sqrt(np.mean(vocals**2)) == pytest.approx(0.111, abs=0.004)
    assert np.sqrt(np.mean(accompaniment**2)) == pytest.approx(0.218, abs=0.004)
    assert abs(np.corrcoef(vocals.ravel(), accompaniment.ravel())[0, 1]) < 0.06


def test_the_stems_are_as_long_as_the_song_and_add_up_to_it(separated, example_song):
    out_dir, value, _ = separated
    song, _ = audio.read_all(example_song)
    gain = 10 ** (value["gain_db"] / 20)

    total = stem(out_dir, "vocals") + stem(out_dir, "accompaniment")

    assert total.shape == song.shape == (value["frames"], 2)
    np.testing.assert_allclose(total, song * gain, atol=2**-22)
    assert value["null_test_db"] > 120


def test_vocals_have_no_delay(separated, example_song):
    out_dir, _, _ = separated
    song, _ = audio.read_all(example_song)
    size = 1 << 19
    spectrum = np.fft.rfft(stem(out_dir, "vocals")[:, 0], size)

    correlation = np.fft.irfft(spectrum * np.conj(np.fft.rfft(song[:, 0], size)))

    assert np.argmax(correlation) == 0


def test_chunks_and_progress_come_while_it_runs(separated):
    out_dir, value, calls = separated

    chunks = sorted((out_dir / "vocals").iterdir())
    assert [soundfile.info(chunk).frames for chunk in chunks] == [
        4 * RATE_HZ,
        4 * RATE_HZ,
        value["frames"] - 8 * RATE_HZ,
    ]
    fractions = [fraction for fraction, _, _ in calls]
    assert fractions == sorted(fractions)
    details = [detail for _, message, detail in calls if message == "separating"]
    assert details[-1] == {"ready_s": 8.0}


def test_vocals_are_found_again_in_a_new_mix(separated, models_dir, tmp_path):
    out_dir, _, _ = separated
    vocals = stem(out_dir, "vocals")
    backing = music(len(vocals)).astype(np.float64)
    backing *= np.sqrt(np.sum(vocals**2) / np.sum(backing**2))  # 0 dB
    mix = written(tmp_path / "mix.wav", (vocals + backing).astype(np.float32))

    value = run(mix, tmp_path, models_dir)

    scale = 10 ** (value["gain_db"] / 20)
    found = {name: stem(tmp_path, name) / scale for name in ("vocals", "accompaniment")}
    # The mix itself is at 0 dB. Measured: 13.6 and 13.6 dB; half a dB less is another model.
    assert sdr_db(vocals, found["vocals"]) > 13
    assert sdr_db(backing, found["accompaniment"]) > 13


def sdr_db(wanted, found):
    return 10 * np.log10(np.sum(wanted**2) / np.sum((wanted - found) ** 2))


@pytest.mark.parametrize(
    ("samples", "sample_rate_hz"),
    [
        (np.zeros((2 * RATE_HZ, 2)), RATE_HZ),
        (np.full((RATE_HZ, 2), 0.5), RATE_HZ),
        (np.full((1, 1), 0.9), RATE_HZ),
        (np.full((1, 2), 0.9), 192000),
        (music(RATE_HZ // 10), RATE_HZ),
        (music(8000, 1, 8000), 8000),
        (music(96000, 6, 96000), 96000),
        (music(RATE_HZ) * 40, RATE_HZ),
    ],
    ids=["silence", "DC", "one sample", "one at 192 kHz", "0.1 s", "8 kHz mono", "5.1", "too loud"],
)
def test_odd_audio_gives_exact_lengths_and_stems_that_add_up(
    samples, sample_rate_hz, models_dir, tmp_path
):
    path = written(tmp_path / "odd.wav", samples.astype(np.float32), sample_rate_hz)

    value = run(path, tmp_path, models_dir)

    vocals, accompaniment = stem(tmp_path, "vocals"), stem(tmp_path, "accompaniment")
    assert value["frames"] == -(-len(samples) * RATE_HZ // sample_rate_hz)
    assert len(vocals) == len(accompaniment) == value["frames"]
    if vocals.any() or accompaniment.any():
        assert value["null_test_db"] > 90
    else:  # one sample at 192 kHz is too little to be heard at 44.1 kHz
        assert value["null_test_db"] is None
        assert len(samples) == 1 or not samples.any()
    assert abs(vocals + accompaniment).max() <= 2


@pytest.mark.parametrize(
    ("frames", "rate_hz", "channels"), [(96_001, 48_000, 2), (22_051, 22_050, 1), (3, 96_000, 2)]
)
def test_as_source_the_stems_have_its_rate_and_its_length(
    frames, rate_hz, channels, models_dir, tmp_path
):
    t_s = np.arange(frames) / rate_hz
    tones = sum(np.sin(2 * np.pi * f * t_s) for f in (110, 880, 9000)) * 0.2
    samples = np.repeat(tones[:, None], channels, axis=1).astype(np.float32)
    path = written(tmp_path / "a.wav", samples, rate_hz)

    result = run(path, tmp_path, models_dir, sample_rate="source")

    assert (result["sample_rate_hz"], result["frames"]) == (rate_hz, frames)
    vocals, rest = stem(tmp_path, "vocals"), stem(tmp_path, "accompaniment")
    assert soundfile.info(tmp_path / "vocals.flac").samplerate == rate_hz
    assert len(vocals) == len(rest) == frames
    if frames > 100:
        off = (vocals + rest) / 10 ** (result["gain_db"] / 20) - tones[:, None]
        assert np.abs(off[1000:-1000]).max() < 0.001  # a filter rings at the ends


def test_one_stem_as_source_has_its_length_too(models_dir, tmp_path):
    path = written(tmp_path / "a.wav", music(48_001), 48_000)

    result = run(path, tmp_path, models_dir, sample_rate="source", stems=["vocals"])

    assert (result["frames"], result["duration_s"]) == (48_001, 48_001 / 48_000)
    assert result["null_test_db"] is None


def test_not_a_number_is_silence(models_dir, tmp_path):
    samples = music(RATE_HZ)
    samples[1000:1010] = np.nan
    path = written(tmp_path / "nan.wav", samples)

    value = run(path, tmp_path, models_dir)

    assert value["mended_samples"] == 20
    assert value["null_test_db"] > 100
    assert np.isfinite(stem(tmp_path, "vocals")).all()


def test_the_same_audio_gives_the_same_stems_bit_by_bit(models_dir, tmp_path):
    song = (music(14 * RATE_HZ) * 32767).astype(np.int16)
    for form in ("wav", "flac"):
        (tmp_path / form).mkdir()
        path = written(tmp_path / f"song.{form}", song, subtype="PCM_16")
        run(path, tmp_path / form, models_dir)

    for name in ("vocals.flac", "vocals.peaks", "accompaniment.flac"):
        assert (tmp_path / "wav" / name).read_bytes() == (tmp_path / "flac" / name).read_bytes()


def test_only_the_stems_that_were_asked_for_are_written(models_dir, tmp_path):
    path = written(tmp_path / "song.wav", music(RATE_HZ))
    out_dir = tmp_path / "out"
    out_dir.mkdir()

    value = run(path, out_dir, models_dir, stems=["vocals"], format="wav")

    assert sorted(p.name for p in out_dir.iterdir()) == ["vocals.peaks", "vocals.wav"]
    assert value["null_test_db"] is None
    assert value["gain_db"] == 0


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"model": "nothing"}, "model_unknown"),
        ({"model": "mdx_extra"}, "model_not_installed"),
        ({"stems": ["drums"]}, "stem_unknown"),
        ({"format": "mp3"}, "params_invalid"),
        ({"models_dir": "/nowhere"}, "model_not_installed"),
        ({"path": "/nowhere/song.mp3"}, "file_missing"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_code(params, code, models_dir, tmp_path):
    path = written(tmp_path / "song.wav", music(100))

    with pytest.raises(EngineError) as refusal:
        run(**{"path": path, "out_dir": tmp_path, "models_dir": models_dir, **params})

    assert refusal.value.code == code


def test_the_program_answers_in_messages_and_sends_no_statistics(models_dir, tmp_path):
    path = written(tmp_path / "song.wav", music(RATE_HZ))
    params = {"path": str(path), "out_dir": str(tmp_path), "models_dir": str(models_dir)}
    request = {"type": "request", "job": "1", "params": {"model": SPLEETER, **params}}

    done = subprocess.run(
        [sys.executable, "-v", "-m", "soundforge.engines.separate"],
        input=json.dumps(request).encode() + b"\n",
        capture_output=True,
        check=True,
        timeout=120,
        env={**os.environ, "HOME": str(tmp_path)},
    )

    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["type"] for answer in answers[:-1]] == ["progress"] * (len(answers) - 1)
    assert answers[-1]["type"] == "result"
    assert b"import 'openvino'" in done.stderr
    assert b"import 'openvino_telemetry" not in done.stderr
    assert not [p for p in tmp_path.rglob("*") if "telemetry" in p.name]


@pytest.mark.parametrize("model", ["spleeter_2stems", "htdemucs"])
def test_damaged_weights_are_told_and_not_computed_with(
    models_dir, random_htdemucs, tmp_path, model
):
    source = models_dir if model == SPLEETER else random_htdemucs
    shutil.copytree(source / model, tmp_path / "models" / model)
    with (tmp_path / "models" / model / "weights.npz").open("r+b") as file:
        file.seek(30_000_000)
        file.write(bytes(1000))
    song = written(tmp_path / "song.wav", music(RATE_HZ))
    (tmp_path / "out").mkdir()

    with pytest.raises(EngineError) as caught:
        run(song, tmp_path / "out", tmp_path / "models", model=model)

    assert (caught.value.code, caught.value.retryable) == ("weights_hash_mismatch", False)
    assert "damaged" in caught.value.message
    assert f"sfa models remove {model}" in caught.value.next_step
