"""The warp engine on signals whose stretched form is known."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from soundforge.engines import stretch
from soundforge.engines.runtime import EngineError
from soundforge.engines.warp import warp
from tests.fixtures import audio

RATE_HZ = audio.RATE_HZ


def run(path, out, **params):
    return warp({"files": [{"path": str(path), "out": str(out)}], **params}, lambda *_, **__: None)


def warped(tmp_path, signal, *, rate_hz=RATE_HZ, **params):
    path, out = tmp_path / "in.wav", tmp_path / "out.wav"
    audio.write(path, signal, rate_hz=rate_hz, subtype="FLOAT")
    run(path, out, **params)
    return soundfile.read(out, dtype="float32", always_2d=True)[0]


def loudest_hz(signal):
    middle = signal[len(signal) // 4 : 3 * len(signal) // 4, 0]
    size = 8 * len(middle)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), size))
    return spectrum.argmax() * RATE_HZ / size


def onsets(signal):
    """Return the first frames of bursts with silence between them."""
    power = np.convolve(signal[:, 0].astype(np.float64) ** 2, np.ones(32), "same")
    is_loud = power > 0.05 * power.max()
    starts = np.flatnonzero(is_loud[1:] & ~is_loud[:-1])
    return starts[np.insert(np.diff(starts) > 0.1 * RATE_HZ, 0, values=True)]


@pytest.mark.parametrize("rate", [0.25, 0.8, 1.1, 4.0])
def test_the_length_is_divided_by_the_rate_and_the_pitch_stays(tmp_path, rate):
    made = warped(tmp_path, audio.tone(4.0), rate=rate)

    assert len(made) == int(4.0 * RATE_HZ / rate + 0.5)
    assert 1200 * abs(np.log2(loudest_hz(made) / 440)) < 5


@pytest.mark.parametrize("semitones", [-24, -2, 0.5, 3, 12])
def test_the_pitch_moves_and_the_length_stays(tmp_path, semitones):
    made = warped(tmp_path, audio.tone(4.0), semitones=semitones)

    assert len(made) == 4 * RATE_HZ
    assert 1200 * abs(np.log2(loudest_hz(made) / 440) - semitones / 12) < 10


def test_clicks_move_with_the_tempo_and_nothing_else(tmp_path):
    signal = audio.clicks(6.0, bpm=100)
    made = warped(tmp_path, signal, rate=1.2)

    moved = onsets(made)[1:-1] - np.arange(1, len(onsets(made)) - 1) * 0.5 * RATE_HZ

    assert np.abs(moved).max() < 0.003 * RATE_HZ  # three milliseconds: below what is heard


def test_stems_that_start_together_stay_together_to_the_sample(tmp_path):
    files = []
    for name, gain in (("a", 0.9), ("b", 0.3)):
        audio.write(tmp_path / f"{name}.wav", gain * audio.clicks(6.0), subtype="FLOAT")
        out = tmp_path / f"{name}.out.flac"
        files.append({"path": str(tmp_path / f"{name}.wav"), "out": str(out)})

    warp({"files": files, "rate": 0.93, "semitones": 2}, lambda *_, **__: None)

    a, b = (soundfile.read(file["out"], always_2d=True)[0][:, 0] for file in files)
    lag = np.argmax(np.correlate(a, b[100:-100], "valid")) - 100
    assert len(a) == len(b)
    assert lag == 0


def test_a_long_recording_in_pieces_is_as_steady_as_in_one(tmp_path, monkeypatch):
    monkeypatch.setattr(stretch, "BUDGET_SAMPLES", 20 * RATE_HZ)
    made = warped(tmp_path, audio.tone(40.0, channels=1), rate=0.8)

    power = np.convolve(made[:, 0].astype(np.float64) ** 2, np.ones(2205) / 2205, "valid")
    level_db = 10 * np.log10(power[RATE_HZ:-RATE_HZ])
    assert len(made) == 50 * RATE_HZ
    # A single sine is the worst case of a join: there is nothing else to cover it.
    assert np.ptp(level_db) < 2.0


def test_bars_of_different_length_become_a_constant_grid(tmp_path):
    downbeats_s = [0.5, 2.5, 4.4, 6.5, 8.4]
    signal = audio.silence(10.0)
    burst = audio.clicks(0.1)
    for downbeat_s in downbeats_s:
        at = round(downbeat_s * RATE_HZ)
        signal[at : at + len(burst)] = burst

    made = warped(tmp_path, signal, downbeats_s=downbeats_s, bar_s=2.0)

    bars_s = np.diff(onsets(made)) / RATE_HZ
    assert bars_s == pytest.approx([2.0] * 4, abs=0.003)


def test_a_change_that_nobody_hears_changes_no_sample(tmp_path):
    signal = audio.chord(1.0)

    assert np.array_equal(warped(tmp_path, signal, rate=1.0009), signal)


def test_a_flac_that_would_clip_is_turned_down_and_says_so(tmp_path):
    audio.write(tmp_path / "in.wav", 1.9 * audio.chord(1.0), subtype="FLOAT")

    value = run(tmp_path / "in.wav", tmp_path / "out.flac", semitones=1)

    assert value["gain_db"] < -1
    assert np.abs(soundfile.read(tmp_path / "out.flac")[0]).max() <= 1


@pytest.mark.parametrize(
    ("duration_s", "rate_hz", "channels"),
    [(1 / 44_100, 44_100, 2), (0.1, 44_100, 1), (2.0, 8_000, 1), (0.5, 96_000, 6)],
)
@pytest.mark.parametrize("rate", [0.5, 2.0])
def test_short_slow_and_many_channelled_recordings_are_warped(
    tmp_path, duration_s, rate_hz, channels, rate
):
    signal = audio.tone(duration_s, rate_hz=rate_hz, channels=channels)

    made = warped(tmp_path, signal, rate_hz=rate_hz, rate=rate, semitones=-1)

    assert made.shape == (max(1, int(len(signal) / rate + 0.5)), channels)
    assert np.isfinite(made).all()


def test_samples_that_are_no_numbers_are_silence(tmp_path):
    signal = audio.tone(1.0)
    signal[1000:1010] = np.nan
    signal[2000] = np.inf

    assert np.isfinite(warped(tmp_path, signal, rate=1.5)).all()


def test_silence_stays_silent(tmp_path):
    assert not warped(tmp_path, audio.silence(2.0), rate=1.3, semitones=5).any()


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"rate": 0.1}, "rate_out_of_range"),
        ({"rate": 5}, "rate_out_of_range"),
        ({"semitones": 30}, "shift_out_of_range"),
        ({"downbeats_s": [1.0], "bar_s": 2.0}, "downbeats_invalid"),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(tmp_path, params, code):
    audio.write(tmp_path / "in.wav", audio.tone(1.0))

    with pytest.raises(EngineError) as refused:
        run(tmp_path / "in.wav", tmp_path / "out.wav", **params)

    assert refused.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


def test_an_unknown_format_is_refused(tmp_path):
    audio.write(tmp_path / "in.wav", audio.tone(0.1))

    with pytest.raises(EngineError) as refused:
        run(tmp_path / "in.wav", tmp_path / "out.mp3", rate=2.0)

    assert refused.value.code == "format_unsupported"


def test_a_file_without_audio_is_refused(tmp_path):
    audio.write(tmp_path / "in.wav", audio.silence(0.0))

    with pytest.raises(EngineError) as refused:
        run(tmp_path / "in.wav", tmp_path / "out.wav", rate=2.0)

    assert refused.value.code == "no_audio"
