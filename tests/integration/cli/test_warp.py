"""``sfa warp`` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.fixtures import audio, tunes
from tests.fixtures.tunes import Played

SFA = Path(sys.executable).with_name("sfa")
BARS = 16
MARKER_HZ = 7000


@pytest.fixture(scope="session")
def slowing(tmp_path_factory):
    """Return a song whose bars grow from 2 to 2.3 s; a beep marks where each begins."""
    edges_s = 0.5 + np.concatenate([[0], np.cumsum(np.linspace(2.0, 2.3, BARS))])
    hits = []
    for start_s, end_s in pairwise(edges_s):
        beats_s = np.linspace(start_s, end_s, 9)[:-1]
        hits += [(beat_s, "hat") for beat_s in beats_s]
        hits += [(beats_s[0], "kick"), (beats_s[4], "kick")]
        hits += [(beats_s[2], "snare"), (beats_s[6], "snare")]
    roots = [Played(36 + (0, 9, 5, 7)[k % 4], *edges_s[k : k + 2]) for k in range(BARS)]
    song = np.zeros((40 * tunes.RATE_HZ, 2))
    for part in (tunes.drummed(hits), 0.8 * tunes.plucked(roots, decay_s=1.0)):
        song[: len(part)] += part
    beep = 0.2 * audio.tone(0.02, MARKER_HZ, rate_hz=tunes.RATE_HZ)
    for start_s in edges_s[:-1]:
        at = round(start_s * tunes.RATE_HZ)
        song[at : at + len(beep)] += beep
    path = tmp_path_factory.mktemp("songs") / "slowing.wav"
    return audio.write(path, song.astype(np.float32), rate_hz=tunes.RATE_HZ)


def markers_s(path):
    """Return when each beep begins, to 5 ms."""
    signal, rate_hz = soundfile.read(path)
    hop = rate_hz // 200
    frames = signal[: len(signal) // hop * hop, 0].reshape(-1, hop)
    time_s = np.arange(hop) / rate_hz
    level = np.abs(frames @ np.exp(-2j * np.pi * MARKER_HZ * time_s))
    loud = np.flatnonzero(level > level.max() / 2)
    return loud[np.diff(loud, prepend=-hop) > 100] * hop / rate_hz


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


def test_a_song_is_brought_to_a_tempo_that_was_found(sfa, tmp_path):
    audio.write(tmp_path / "in.wav", audio.clicks(8.0, bpm=100))

    done = sfa("warp", tmp_path / "in.wav", "--bpm", 120, "--out", tmp_path / "o.flac", "--json")

    made = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert made["rate"] == pytest.approx(1.2, rel=0.01)
    assert made["song"]["bpm"] == pytest.approx(100, rel=0.01)
    assert soundfile.info(tmp_path / "o.flac").frames == made["files"][0]["frames"]


def test_tempo_and_bars_are_found_by_the_network_and_told(sfa, slowing, tmp_path):
    done = sfa("warp", slowing, "--bpm", 120, "--steady", "--out", tmp_path / "o.wav")

    assert done.returncode == 0, done.stderr
    said = " ".join(done.stderr.split())
    assert "Found in slowing.wav: " in said
    assert "4 beats to the bar" in said
    assert "could not be fetched" not in said
    played_s, made_s = (np.diff(markers_s(path)) for path in (slowing, tmp_path / "o.wav"))
    assert len(made_s) == len(played_s) == BARS - 1
    assert np.ptp(played_s) > 0.25
    # A beat is placed to 20 ms; the grid has no part in what is left.
    assert np.abs(made_s - 2.0).max() < 0.05
    assert made_s.mean() == pytest.approx(2.0, abs=0.004)


def test_bars_alone_are_evened_out_at_the_mean_tempo(sfa, slowing, tmp_path):
    done = sfa("warp", slowing, "--steady", "--out", tmp_path / "o.wav", "--json")

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert (made["rate"], made["semitones"]) == (1.0, 0.0)
    assert len(made["song"]["downbeats_s"]) == pytest.approx(BARS, abs=1)
    assert np.ptp(np.diff(markers_s(tmp_path / "o.wav"))) < 0.08


def test_without_the_network_a_simpler_way_answers_and_says_so(sfa, tmp_path):
    audio.write(tmp_path / "in.wav", audio.clicks(8.0, bpm=100))
    nowhere = {"SFA_MODELS_DIR": str(tmp_path / "none"), "PIP_NO_INDEX": "1"}
    asked = ("warp", tmp_path / "in.wav", "--bpm", 120)

    whole = sfa(*asked, "--out", tmp_path / "o.wav", **nowhere)
    steady = sfa(*asked, "--steady", "--out", tmp_path / "even.wav", **nowhere)

    assert whole.returncode == 0, whole.stderr
    assert "BeatNet could not be fetched, so a simpler way found tempo" in whole.stderr
    assert steady.returncode == 1
    assert "(downbeats_needed)" in steady.stderr
    assert not (tmp_path / "even.wav").exists()


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


def test_a_stem_follows_the_tempo_of_the_whole_song(sfa, tmp_path):
    audio.write(tmp_path / "mix.wav", audio.clicks(8.0, bpm=100))
    audio.write(tmp_path / "pad.wav", audio.tone(8.0))
    places = ("--mix", tmp_path / "mix.wav", "--out", tmp_path / "o.flac")

    done = sfa("warp", tmp_path / "pad.wav", "--bpm", 125, *places, "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rate"] == pytest.approx(1.25, rel=0.01)
    assert "Found in mix.wav: 100." in done.stderr


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
        ["--steady"],  # a tone has no bars
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
