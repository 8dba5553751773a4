"""``sfa separate``, the program itself: files beside each other, and what they add up to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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

    def run(*arguments):
        return subprocess.run(
            [SFA, *map(str, arguments)],
            env={**kept, **places},
            capture_output=True,
            text=True,
            timeout=120,
        )

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
    assert "real time, stems add up to the mix at" in " ".join(done.stderr.split())


def test_one_stem_at_the_songs_own_rate_is_told_as_json(sfa, song, tmp_path):
    asked = ("--model", "spleeter_2stems", "--stems", "vocals", "--sample-rate", "source")

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
