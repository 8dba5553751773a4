"""How much must be computed until something can be heard: of every model, whatever the song.

The networks are stand-ins that compute nothing. What is counted is how often they run, which the
plan of the segments alone decides; what a run takes is the machine's (docs/benchmarks.md).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundforge.engines import held, separate, weights
from soundforge.engines.on_cpu import OnCpu
from soundforge.engines.runtime import EngineError
from soundforge.storage.layout import CHUNK_S
from tests.fixtures import audio

SEGMENTS = {
    "htdemucs": 1,
    "htdemucs_6s": 1,
    "htdemucs_ft": 1,
    "mdx_extra": 1,
    "mel_roformer_kim": 2,  # of 8 s, which overlap by half
    "spleeter_2stems": 1,
}
MOST_SEGMENTS = 2
SMALLER = [
    (name, smaller.segment_s)
    for name, model in weights.descriptions().items()
    for smaller in model.smaller
]


class StillNetworks(OnCpu):
    """Networks that make silence at once."""

    segment = 352_800  # of the RoFormer

    def __init__(self, stems):
        super().__init__()
        self.stems, self.runs = stems, 0

    def separate(self, mix):
        self.runs += 1
        return np.zeros((self.stems, *mix.shape), np.float32)

    def rest(self):
        """Nothing is held."""

    def forget(self, precision):
        """Nothing is held."""


class StillMasker:
    """Spleeter's networks, likewise; its windows are its segments."""

    def __init__(self):
        self.runs = 0

    def vocals_mask(self, magnitude):
        self.runs += 1
        return np.zeros_like(magnitude)

    def rest(self):
        """Nothing is held."""


class HeardError(Exception):
    """Something can be heard: the rest does not matter."""


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    return [audio.write(folder / f"{s}.wav", audio.chord(float(s))) for s in (60, 120)]


@pytest.fixture
def runs_until_heard(monkeypatch, tmp_path):
    """Return a function that counts runs of a model's networks until something can be played."""
    installed = weights.Installed(Path("weights.npz"), "hash", None)
    monkeypatch.setattr(weights, "require", lambda *_: installed)

    def count(name, song, segment_s=0, chunk_s=CHUNK_S):
        model = weights.description(name)
        still = StillMasker() if name.startswith("spleeter") else StillNetworks(len(model.stems))
        monkeypatch.setattr(held, "networks", lambda *_: still)

        def report(_, message, *, ready_s=0.0, **__):
            count.said.append(message)
            if ready_s > 0:
                raise HeardError

        out_dir = tmp_path / f"{song.stem}-{segment_s}"
        out_dir.mkdir()
        params = {"path": song, "out_dir": out_dir, "models_dir": tmp_path, "model": name}
        params["segment_s"] = segment_s
        with pytest.raises(HeardError):
            separate.separate({**params, "chunk_s": chunk_s, "precision": "f32"}, report)
        return still.runs

    count.said = []
    return count


@pytest.mark.parametrize("name", SEGMENTS)
def test_something_is_heard_after_as_many_segments_as_one_chunk_takes(
    runs_until_heard, songs, name
):
    assert [runs_until_heard(name, song) for song in songs] == [SEGMENTS[name]] * 2


@pytest.mark.parametrize(("name", "segment_s"), SMALLER)
def test_smaller_segments_are_no_more_than_two(runs_until_heard, songs, name, segment_s):
    assert runs_until_heard(name, songs[0], segment_s) <= MOST_SEGMENTS
    told = f"; memory is short, so it hears pieces of {segment_s} s"
    assert set(runs_until_heard.said) == {f"loading the model{told}", f"separating{told}"}


@pytest.mark.parametrize("name", weights.descriptions())
def test_every_model_is_heard_after_two_segments_at_most(runs_until_heard, songs, name):
    assert runs_until_heard(name, songs[0]) <= MOST_SEGMENTS
    assert set(runs_until_heard.said) == {"loading the model", "separating"}


def test_no_model_needs_more_than_two_segments_and_chunks_could_not_be_a_second_longer(
    runs_until_heard, songs
):
    assert max(SEGMENTS.values()) == MOST_SEGMENTS
    assert runs_until_heard("mel_roformer_kim", songs[0], chunk_s=CHUNK_S + 1) > MOST_SEGMENTS


def test_a_segment_that_the_model_does_not_offer_is_refused(tmp_path):
    params = {"path": "x", "out_dir": tmp_path, "models_dir": tmp_path, "model": "htdemucs"}

    with pytest.raises(EngineError) as refusal:
        separate.separate({**params, "segment_s": 3}, print)

    assert refusal.value.code == "params_invalid"
