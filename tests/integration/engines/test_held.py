"""Networks that are held make the same stems, bit by bit, as networks that were just made.

Here with the small ones; `bench.warm` looks at htdemucs, too.
"""

import json
import subprocess
import sys
import weakref
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundforge.engines import held, weights
from soundforge.engines.separation import Task


def song(path, seed, seconds):
    noise = np.random.default_rng(seed).standard_normal((int(44_100 * seconds), 2))
    soundfile.write(path, (noise * 0.1).astype(np.float32), 44_100, "FLOAT")
    return path


def separated(tmp_path, songs, **more):
    """Separate songs one after the other in one process; return the hashes of each one's stems."""
    lines = []
    for at, path in enumerate(songs):
        out_dir = tmp_path / f"out-{at}"
        out_dir.mkdir()
        params = {"path": str(path), "out_dir": str(out_dir), **more}
        lines.append(json.dumps({"type": "request", "job": str(at), "params": params}))
    done = subprocess.run(
        [sys.executable, "-m", "soundforge.engines.separate"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    results = [message["value"] for message in messages if message["type"] == "result"]
    return [[stem["sha256"] for stem in result["stems"]] for result in results]


def test_a_song_comes_out_the_same_after_another_one(models_dir, tmp_path):
    one, other = song(tmp_path / "1.wav", 1, 2), song(tmp_path / "2.wav", 2, 1)

    first, between, again = separated(
        tmp_path, [one, other, one], model="spleeter_2stems", models_dir=str(models_dir)
    )

    assert first == again != between


class Networks:
    """Says when it rests."""

    def __init__(self, task):
        self.task, self.rests = task, 0

    def rest(self):
        self.rests += 1


@dataclass(frozen=True)
class Installed:
    """Weights by their hash."""

    weights_hash: str = "ab"
    path: Path = Path("weights.npz")


@pytest.fixture
def task():
    def make(model="htdemucs", stems=("vocals",), threads=1, precision="f32", weights_hash="ab"):
        return Task(
            model=weights.description(model),
            installed=Installed(weights_hash),
            mix=None,
            stems=stems,
            threads=threads,
            precision=precision,
            overlap=0.25,
            checkpoint=None,
            notes={},
        )

    yield make
    held.forget()


def test_what_the_same_is_wanted_of_is_made_once_and_has_rested(task):
    first = held.networks(task(), Networks)
    rests = first.rests

    assert held.networks(task(), Networks) is first
    assert first.rests > rests


@pytest.mark.parametrize(
    "other",
    [
        {"model": "htdemucs_6s"},
        {"stems": ("drums",)},
        {"threads": 2},
        {"precision": "f16"},
        {"weights_hash": "cd"},
    ],
)
def test_what_something_else_is_wanted_of_is_made_anew(task, other):
    first = held.networks(task(), Networks)

    assert held.networks(task(**other), Networks) is not first


def test_networks_are_let_go_before_others_are_made(task):
    first, then = weakref.ref(held.networks(task(), Networks)), []

    def make(task):
        then.append(first())
        return Networks(task)

    held.networks(task(threads=3), make)

    assert then == [None]


def test_after_a_mix_the_networks_rest(task):
    made = held.networks(task(), Networks)
    before = made.rests

    held.rest()

    assert made.rests == before + 1
