"""Stems through the warp engine: of one length, playable in pieces, and their sum beside them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from soundforge.engines.runtime import EngineError
from soundforge.engines.warp_stems import warp_stems
from tests.fixtures import audio

RATE_HZ = audio.RATE_HZ


@pytest.fixture
def stems(tmp_path):
    """Write clicks, which show the time, and a tone, which shows the pitch: 12 s."""
    signals = {"drums": audio.clicks(12.0, bpm=120), "other": audio.tone(12.0, 440.0)}
    for name, signal in signals.items():
        soundfile.write(tmp_path / f"{name}.flac", signal, RATE_HZ, subtype="PCM_24")
    return [{"name": name, "path": str(tmp_path / f"{name}.flac")} for name in signals]


def run(stems, out, **params):
    out.mkdir()
    told = []
    value = warp_stems(
        {"stems": stems, "out_dir": str(out), "chunk_s": 4, **params},
        lambda fraction, message, **_: told.append((fraction, message)),
    )
    return value, told


def read(path):
    return soundfile.read(path, dtype="float32", always_2d=True)[0]


def onsets(signal):
    is_loud = np.abs(signal[:, 0]) > 0.05
    starts = np.flatnonzero(is_loud[1:] & ~is_loud[:-1])
    return starts[np.insert(np.diff(starts) > 0.1 * RATE_HZ, 0, values=True)]


def test_all_stems_have_the_new_length_and_the_player_gets_its_pieces(stems, tmp_path):
    value, told = run(stems, tmp_path / "out", rate=0.8, semitones=-2)

    frames = 15 * RATE_HZ
    assert (value["frames"], value["duration_s"]) == (frames, 15.0)
    assert [stem["stem_type"] for stem in value["stems"]] == ["drums", "other"]
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {
        *("drums.flac", "drums.peaks", "drums", "other.flac", "other.peaks", "other"),
        "mix.flac",
    }
    for name in ("drums", "other"):
        master = read(tmp_path / "out" / f"{name}.flac")
        chunks = [read(path) for path in sorted((tmp_path / "out" / name).iterdir())]
        assert len(master) == frames
        assert [len(chunk) for chunk in chunks] == [s * RATE_HZ for s in (4, 4, 4, 3)]
        np.testing.assert_allclose(np.concatenate(chunks), master, atol=1e-4)
        assert (tmp_path / "out" / f"{name}.peaks").stat().st_size == 1500
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert "Stretching the drums" in {message for _, message in told}


def test_the_mix_is_the_sum_and_nothing_clips(stems, tmp_path):
    value, _ = run(stems, tmp_path / "out", rate=1.25)

    mix, drums, other = (
        read(tmp_path / "out" / f"{name}.flac") for name in ("mix", "drums", "other")
    )
    np.testing.assert_allclose(mix, drums + other, atol=1e-6)
    assert np.abs(mix).max() <= 1
    assert value["gain_db"] < 0


def test_clicks_lie_where_the_new_tempo_puts_them(stems, tmp_path):
    run(stems, tmp_path / "out", rate=0.5)

    found = onsets(read(tmp_path / "out" / "drums.flac"))
    np.testing.assert_allclose(np.diff(found) / RATE_HZ, 1.0, atol=0.01)


def test_no_change_keeps_the_samples(stems, tmp_path):
    run(stems[1:], tmp_path / "out")

    np.testing.assert_allclose(
        read(tmp_path / "out" / "other.flac"), read(stems[1]["path"]), atol=1e-6
    )


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"rate": 0.2}, "rate_out_of_range"),
        ({"rate": 5}, "rate_out_of_range"),
        ({"semitones": 25}, "shift_out_of_range"),
        ({"downbeats_s": [1.0], "bar_s": 2.0}, "downbeats_invalid"),
        ({"downbeats_s": [1.0, 0.5], "bar_s": 2.0}, "downbeats_invalid"),
    ],
)
def test_what_cannot_be_is_refused(stems, tmp_path, params, code):
    with pytest.raises(EngineError) as refusal:
        run(stems, tmp_path / "out", **params)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("signal", "rate_hz", "code"),
    [
        (audio.tone(1.0), 48_000, "stems_differ"),
        (audio.tone(1.0), RATE_HZ, "stems_differ"),
        (audio.tone(1.0, channels=1), RATE_HZ, "stems_differ"),
        (audio.tone(0.0), RATE_HZ, "not_audio"),
    ],
)
def test_stems_that_do_not_belong_together_are_refused(stems, tmp_path, signal, rate_hz, code):
    soundfile.write(tmp_path / "odd.flac", signal, rate_hz, subtype="PCM_24")
    odd = {"name": "bass", "path": str(tmp_path / "odd.flac")}

    with pytest.raises(EngineError) as refusal:
        run([stems[1], odd], tmp_path / "out", rate=2.0)

    assert refusal.value.code == code
