"""``sfa warp`` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from tests.fixtures import audio

SFA = Path(sys.executable).with_name("sfa")


@pytest.fixture
def sfa(tmp_path):
    """Return a function that runs ``sfa`` on an empty data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}

    def run(*arguments):
        return subprocess.run(
            [SFA, *map(str, arguments)],
            env={**kept, "SFA_DATA_DIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_a_song_is_brought_to_a_tempo_that_was_found(sfa, tmp_path):
    audio.write(tmp_path / "in.wav", audio.clicks(8.0, bpm=100))

    done = sfa("warp", tmp_path / "in.wav", "--bpm", 120, "--out", tmp_path / "o.flac", "--json")

    made = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert made["rate"] == pytest.approx(1.2, rel=0.01)
    assert soundfile.info(tmp_path / "o.flac").frames == made["files"][0]["frames"]


def test_stems_go_into_a_folder_and_keep_one_length(sfa, tmp_path):
    for name in ("bass", "drums"):
        audio.write(tmp_path / f"{name}.wav", audio.tone(1.0))

    done = sfa(
        *("warp", tmp_path / "bass.wav", tmp_path / "drums.wav"),
        *("--rate", 1.1, "--key", "B minor", "--from-key", "A minor", "--out", tmp_path / "made"),
    )

    lengths = {soundfile.info(path).frames for path in (tmp_path / "made").iterdir()}
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        str(tmp_path / "made" / "bass.flac"),
        str(tmp_path / "made" / "drums.flac"),
    ]
    assert lengths == {40_091}


def test_bars_are_laid_on_a_grid(sfa, tmp_path):
    audio.write(tmp_path / "in.wav", audio.clicks(6.0))
    (tmp_path / "bars.txt").write_text("0\n2.1\n4\n")

    done = sfa(
        *("warp", tmp_path / "in.wav", "--bpm", 120),
        *("--downbeats", tmp_path / "bars.txt", "--out", tmp_path / "o.wav"),
    )

    assert done.returncode == 0, done.stderr
    # Two bars of 2 s, then 2 s at the last bar's rate, 0.95.
    assert soundfile.info(tmp_path / "o.wav").frames == pytest.approx(
        (4 + 2 / 0.95) * 44_100, abs=2
    )


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--bpm", 120, "--rate", 1.1],
        ["--semitones", 1, "--key", "A minor"],
        ["--rate", 9],
        ["--bpm", 0, "--from-bpm", 100],
        ["--bpm", 120],  # a tone has no tempo
        ["--key", "H minor", "--from-key", "A minor"],
        ["--downbeats", __file__, "--bpm", 120],
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(sfa, tmp_path, arguments):
    audio.write(tmp_path / "in.wav", audio.tone(1.0))

    done = sfa("warp", tmp_path / "in.wav", *arguments, "--out", tmp_path / "o.wav")

    assert done.returncode in (1, 2)
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o.wav").exists()
