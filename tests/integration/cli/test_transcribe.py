"""``sfa transcribe`` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from tests.fixtures import audio, tunes

SFA = Path(sys.executable).with_name("sfa")


@pytest.fixture
def sfa(tmp_path, models_dir):
    """Return a function that runs ``sfa`` on an empty data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}

    def run(*arguments):
        return subprocess.run(
            [SFA, *map(str, arguments)],
            env={**kept, "SFA_DATA_DIR": str(tmp_path / "data"), "SFA_MODELS_DIR": str(models_dir)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_stems_become_tracks_with_the_tempo_of_the_song(sfa, tmp_path):
    audio.write(tmp_path / "mix.wav", audio.clicks(8.0, bpm=120))
    line = tunes.line([28, 31, 33, 35] * 3, each_s=0.5)
    audio.write(tmp_path / "my bass.wav", tunes.plucked(line))
    audio.write(tmp_path / "drums.wav", audio.clicks(8.0, bpm=120))

    done = sfa(
        *("transcribe", tmp_path / "my bass.wav", tmp_path / "drums.wav"),
        *("--mix", tmp_path / "mix.wav", "--quantise", "1/8"),
        *("--out", tmp_path / "made" / "song.mid", "--json"),
    )

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["tempo_bpm"] == pytest.approx(120, rel=0.01)
    assert [note["pitch"] for note in made["notes"]["bass"]] == [note.pitch for note in line]
    tracks = mido.MidiFile(tmp_path / "made" / "song.mid").tracks
    assert [track.name for track in tracks] == ["Tempo", "bass", "drums"]
    metres = {m.numerator for m in tracks[0] if m.type == "time_signature"}
    assert (made["beats_per_bar"] in metres) if made["beats_per_bar"] else not metres


def test_a_recording_without_a_pulse_is_written_at_120_and_says_so(sfa, tmp_path):
    audio.write(tmp_path / "bass.wav", audio.tone(2.0, 110.0))

    done = sfa("transcribe", tmp_path / "bass.wav", "--out", tmp_path / "song.mid")

    assert done.returncode == 0, done.stderr
    assert "no pulse found" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--quantise", "1/16"], ["--quantise", "1/5"], ["--stem-type", "kazoo"]]
)
def test_what_cannot_be_done_is_said_in_one_sentence(sfa, tmp_path, arguments):
    audio.write(tmp_path / "bass.wav", audio.tone(1.0))

    done = sfa("transcribe", tmp_path / "bass.wav", *arguments, "--out", tmp_path / "o.mid")

    assert done.returncode in (1, 2)
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o.mid").exists()
