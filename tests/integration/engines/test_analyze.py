"""The analysis engine as the server runs it: a process, files in, files out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from soundforge import errors
from soundforge.audio import analyzer, findings
from soundforge.audio.engine import Engine
from soundforge.engines import analyze as engine_analyze
from soundforge.engines import protocol
from soundforge.engines.feature import Finding
from tests.fixtures import audio

FRAMES_PER_S = 22_050 / 512


class Progress:
    """Remember what was reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, str, dict[str, Any]]] = []

    def __call__(self, fraction: float, message: str, detail: dict[str, Any]) -> None:
        self.seen.append((fraction, message, detail))


async def analyze(source: Path, *names: str, out_dir: Path | None = None, progress=None):
    return await analyzer.analyze(
        Engine(),
        source=source,
        out_dir=out_dir,
        features=analyzer.select(names or ["all"]),
        job="1",
        duration_s=10.0,
        report=progress or Progress(),
    )


def song(duration_s: float = 12.0):
    """A minor over clicks at 126 BPM."""
    chord = audio.chord(duration_s, (220.0, 261.63, 329.63))
    return 0.3 * chord + 0.5 * audio.clicks(duration_s, 126)


async def test_a_song_gets_its_numbers(tmp_path):
    source = audio.write(tmp_path / "song.flac", song())

    found = await analyze(source)

    assert found.tempo_bpm == pytest.approx(126, abs=0.2)
    assert found.key == "A minor"
    assert 0 < found.energy < 0.5
    assert 200 < found.spectral_centroid_hz < 2000
    assert found.spectral_rolloff_hz > 0
    assert 0 < found.zero_crossing_rate < 0.1
    assert set(found.features) == set(analyzer.FEATURES)
    assert found.duration_s == pytest.approx(12.0)
    assert found.took_s > 0


async def test_files_hold_the_result_and_the_matrices(tmp_path):
    source = audio.write(tmp_path / "song.wav", song())
    out_dir = tmp_path / "made" / "here"

    found = await analyze(source, out_dir=out_dir)

    assert sorted(path.name for path in out_dir.iterdir()) == ["features.npz", "result.json"]
    result = json.loads((out_dir / "result.json").read_text())
    assert {name: result[name] for name in found.features} == found.features
    assert result["sample_rate_hz"] == 44_100
    with np.load(out_dir / "features.npz") as matrices:
        frames = 1 + round(12.0 * 22_050) // 512
        assert matrices["frame_rate_hz"] == pytest.approx(FRAMES_PER_S)
        assert matrices["mfcc"].shape == (13, frames)
        assert matrices["chroma"].shape == (12, frames)
        assert set(matrices) == set(findings.MATRICES)
        for name, (shape, _) in findings.MATRICES.items():
            if "frames" in shape:
                assert matrices[name].shape[-1] == frames, name


async def test_a_result_has_the_shape_that_is_described(tmp_path):
    found = await analyze(audio.write(tmp_path / "song.wav", song()))

    shaped = findings.Findings.model_validate(found.features, strict=True)
    assert shaped.model_fields_set == set(analyzer.FEATURES)


class EngineHere:
    """Runs the engine's program in this process; its answer goes through the protocol."""

    async def run(self, name, params, **_):
        assert name == "analyze"
        answer = protocol.Result(engine_analyze.answer(params, lambda *_, **__: None))
        return protocol.decode(protocol.encode(answer)).value


async def test_what_hours_of_music_come_to_arrives_whole(tmp_path, monkeypatch):
    beats_s = np.arange(0, 3 * 3600, 60 / 170).round(4).tolist()
    chord = {"label": "A:min7/b7", "name": "Am7/G", "confidence": 0.123}
    three_hours = {
        "beats": {"beats_s": beats_s, "strengths": beats_s},
        "chords": {"segments": [{**chord, "start_s": at_s} for at_s in beats_s]},
    }
    assert len(json.dumps(three_hours)) > 2 * protocol.MAX_LINE_BYTES
    found = {name: Finding(value) for name, value in three_hours.items()}
    monkeypatch.setattr(engine_analyze, "conclude", lambda *_: found)
    source = audio.write(tmp_path / "song.wav", audio.tone())

    heard = await analyzer.analyze(
        EngineHere(),
        source=source,
        out_dir=None,
        features=("beats", "chords"),
        job="1",
        duration_s=3 * 3600,
        report=Progress(),
    )

    assert heard.features == three_hours
    assert list(tmp_path.iterdir()) == [source]


async def test_only_what_was_asked_for_is_found(tmp_path):
    source = audio.write(tmp_path / "song.wav", song(3.0))

    found = await analyze(source, "energy", out_dir=tmp_path)

    assert found.features.keys() == {"energy"}
    assert (found.tempo_bpm, found.key, found.spectral_centroid_hz) == (None, None, None)
    with np.load(tmp_path / "features.npz") as matrices:
        assert "mfcc" not in matrices


async def test_progress_rises_to_the_end(tmp_path):
    source = audio.write(tmp_path / "song.wav", song(30.0))
    progress = Progress()

    await analyze(source, progress=progress)

    fractions = [fraction for fraction, _, _ in progress.seen]
    assert fractions == sorted(fractions)
    assert fractions[0] < 0.2
    assert fractions[-1] > 0.9
    assert progress.seen[0][2]["heard_s"] > 0


@pytest.mark.parametrize("kind", ["mp3", "ogg", "opus", "aiff", "flac"])
async def test_formats_give_the_same_tempo(tmp_path, kind):
    rate_hz = 48_000 if kind == "opus" else 44_100
    source = audio.write(
        tmp_path / f"song.{kind}", audio.clicks(12, 126, rate_hz=rate_hz), rate_hz=rate_hz
    )

    found = await analyze(source, "tempo")

    assert found.tempo_bpm == pytest.approx(126, abs=0.2)


async def test_silence_has_energy_zero_and_nothing_else(tmp_path):
    found = await analyze(audio.write(tmp_path / "quiet.flac", audio.silence(5.0)))

    assert found.energy == 0.0
    assert found.tempo_bpm is found.key is found.spectral_centroid_hz is None
    assert found.features["tempo"]["confidence"] == found.features["key"]["confidence"] == 0


async def test_eight_kilohertz_mono_is_heard(tmp_path):
    signal = audio.clicks(12, 100, rate_hz=8_000, channels=1)
    source = audio.write(tmp_path / "phone.wav", signal, rate_hz=8_000)

    found = await analyze(source, out_dir=tmp_path)

    assert found.tempo_bpm == pytest.approx(100, abs=0.2)
    assert json.loads((tmp_path / "result.json").read_text())["sample_rate_hz"] == 8_000


async def test_samples_that_are_no_numbers_are_counted(tmp_path):
    signal = song(3.0)
    signal[1000:1010, 0] = np.nan
    source = audio.write(tmp_path / "broken.wav", signal, subtype="FLOAT")

    await analyze(source, out_dir=tmp_path)

    assert json.loads((tmp_path / "result.json").read_text())["damaged_samples"] == 10


async def test_a_file_without_samples_is_refused(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 2)), 44_100)

    with pytest.raises(errors.Invalid) as refused:
        await analyze(tmp_path / "empty.wav", out_dir=tmp_path / "out")

    assert refused.value.code in {"no_audio", "not_audio"}
    assert not (tmp_path / "out").exists()


async def test_text_named_like_a_song_is_refused(tmp_path):
    (tmp_path / "song.mp3").write_text("not a song" * 1000)

    with pytest.raises(errors.Invalid):
        await analyze(tmp_path / "song.mp3")


async def test_a_feature_that_slipped_through_is_refused_by_the_engine(tmp_path):
    source = audio.write(tmp_path / "song.wav", audio.tone())

    with pytest.raises(errors.Invalid) as refused:
        await Engine().run(
            "analyze",
            {"path": str(source), "features": ["taste"], "out_dir": str(tmp_path)},
            job="1",
            timeout_s=60,
        )

    assert refused.value.code == "unknown_feature"


async def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    source = audio.write(tmp_path / "song.wav", audio.tone())
    (tmp_path / "out").write_text("in the way")

    with pytest.raises(errors.Unavailable):
        await analyze(source, "energy", out_dir=tmp_path / "out")


def test_four_minutes_need_less_than_400_mb(tmp_path):
    source = audio.write(tmp_path / "song.wav", np.tile(song(12.0), (20, 1)))
    params = {
        "path": str(source),
        "features": list(analyzer.FEATURES),
        "out_dir": str(tmp_path / "out"),
    }

    process = subprocess.Popen(
        [sys.executable, "-m", "soundforge.engines.analyze"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin
    assert process.stdout
    with process.stdin, process.stdout:
        process.stdin.write(protocol.encode(protocol.Request("1", params)))
        process.stdin.close()
        # Read at each progress message: a child's own peak would count its parent's too.
        peak_bytes = 0
        for line in process.stdout:
            if isinstance(protocol.decode(line), protocol.Progress):
                peak_bytes = max(peak_bytes, psutil.Process(process.pid).memory_info().rss)

    assert process.wait() == 0
    assert 0 < peak_bytes < 400e6
