"""``sfa separate``, the program itself: files beside each other, and what they add up to."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fixtures import audio

SFA = Path(sys.executable).with_name("sfa")
RATE_HZ = 48_000


@pytest.fixture
def sfa(tmp_path, models_dir):
    """Return a function that runs ``sfa`` with the real weights of Spleeter."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SFA_")}
    places = {"SFA_DATA_DIR": str(tmp_path / "data"), "SFA_MODELS_DIR": str(models_dir)}

    def run(*arguments, until=None):
        """Let it run to its end, or kill it as soon as ``until`` says so."""
        with subprocess.Popen(
            [SFA, *map(str, arguments)],
            env={**kept, **places},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while until and not until() and process.poll() is None:
                time.sleep(0.01)
            if until:
                process.send_signal(signal.SIGKILL)
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


@pytest.fixture
def song(tmp_path):
    signal = audio.chord(2.0, rate_hz=RATE_HZ)
    return audio.write(tmp_path / "song.wav", signal, rate_hz=RATE_HZ)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_song_becomes_a_file_for_each_stem(sfa, song, tmp_path):
    out = tmp_path / "out"

    done = sfa("separate", song, "--model", "instant", "--out", out)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(out / f"{s}.flac") for s in ("vocals", "accompaniment")]
    assert names(out) == ["accompaniment.flac", "vocals.flac"]
    assert soundfile.info(out / "vocals.flac").samplerate == 44_100
    said = " ".join(done.stderr.split())
    assert said.startswith("spleeter_2stems: 2 s in ")
    assert re.search(r"real time\. What no stem holds is 1[234]\d dB below the mix\.$", said)


def test_one_stem_at_the_songs_own_rate_is_told_as_json(sfa, song, tmp_path):
    asked = ("--model", "spleeter_2stems", "--stems", " vocals", "--sample-rate", "source")

    done = sfa("separate", song, *asked, "--out", tmp_path / "out", "--json")

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert [stem["file_name"] for stem in made["stems"]] == names(tmp_path / "out")
    assert (made["sample_rate_hz"], made["frames"]) == (RATE_HZ, 2 * RATE_HZ)
    assert (made["null_test_db"], made["mixes"]) == (None, [])


def test_what_no_stem_holds_and_the_song_without_one_are_written_too(sfa, song, tmp_path):
    out, extra = tmp_path / "out", ("--residual", "--without", "vocals", "--sample-rate", "source")

    done = sfa("separate", song, "--model", "instant", "--format", "wav", *extra, "--out", out)

    assert done.returncode == 0, done.stderr
    assert names(out) == ["accompaniment.wav", "no_vocals.wav", "residual.wav", "vocals.wav"]
    read = {path.stem: soundfile.read(path)[0] for path in out.iterdir()}
    mix, _ = soundfile.read(song)
    np.testing.assert_allclose(read["no_vocals"], mix - read["vocals"], atol=1e-6)
    rest = mix - read["vocals"] - read["accompaniment"]
    np.testing.assert_allclose(read["residual"], rest, atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["--stems", "drums"], "stem_unknown"),
        (["--without", "drums"], "stem_unknown"),
        (["--stems", "vocals", "--without", "accompaniment"], "stem_unknown"),
        (["--stems", "vocals", "--residual"], "residual_of_some"),
        (["--model", "nosuch"], "model_unknown"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence_and_leaves_nothing(
    sfa, song, tmp_path, asked, code
):
    out = tmp_path / "out"

    done = sfa("separate", song, "--model", "instant", *asked, "--out", out)

    assert (done.returncode, f"({code})" in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists() or names(out) == []


def test_a_command_that_was_killed_is_gone_on_with_by_the_same_command(sfa, tmp_path):
    song = audio.write(tmp_path / "song.wav", audio.chord(60.0))  # a checkpoint comes after 45 s
    out, asked = tmp_path / "out", ("separate", song, "--model", "instant", "--out")

    killed = sfa(*asked, out, until=lambda: any(out.glob(".sfa-*/.checkpoint")))
    again = sfa(*asked, out)
    whole = sfa(*asked, tmp_path / "whole")

    assert killed.returncode == -signal.SIGKILL
    assert re.search(r"Went on after [1-9]\d* segments of a try before", again.stderr), again.stderr
    assert "Went on" not in whole.stderr
    assert names(out) == names(tmp_path / "whole") == ["accompaniment.flac", "vocals.flac"]
    for name in names(out):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
