"""The way through a mix: what is yielded, what is kept, where it goes on."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from soundforge.engines.overlap_add import Plan
from soundforge.engines.segments import Work

FRAMES = 1000
MIX = np.random.default_rng(1).standard_normal((2, FRAMES)).astype(np.float32)


class Halves:
    """Two stems, each half of the mix."""

    precision = "f32"
    mended, ahead = 3, 1
    device, fallback, machine, has_f16 = "cpu", "", "a machine", False

    def separate(self, mix):
        return np.stack([mix / 2, mix / 2])

    def separate_all(self, mixes):
        return [self.separate(mix) for mix in mixes]

    def forget(self, precision):
        pass


class Checkpoint:
    """Keeps what it is given in a list."""

    def __init__(self, kept=None):
        self.kept, self.puts, self.key = kept, [], None

    def take_up(self, key):
        self.key = key
        return dict(self.kept) if self.kept else None

    def put(self, arrays):
        self.puts.append({name: array.copy() for name, array in arrays.items()})


def work(checkpoint):
    task = SimpleNamespace(
        stems=("a", "b"), threads=1, precision="f32", checkpoint=checkpoint, notes={}
    )
    return Work(task, Halves(), SimpleNamespace(digest="the mix"), Plan(FRAMES, 200, 0.25))


def test_every_sample_comes_out_once_and_a_checkpoint_follows_each_segment():
    checkpoint = Checkpoint()
    whole = work(checkpoint)

    made = []
    for stems in whole.run([MIX], ()):
        assert len(checkpoint.puts) == len(made)  # only when the stems are written
        assert whole.done == sum(part.shape[-1] for part in made)
        made.append(stems)

    np.testing.assert_allclose(np.concatenate(made, axis=-1), np.stack([MIX, MIX]) / 2, atol=1e-6)
    assert len(checkpoint.puts) == len(made)
    assert whole.task.notes["mended_segments"] == 3
    assert whole.task.notes["resumed_segments"] == 0
    assert checkpoint.key["audio"] == "the mix"


@pytest.mark.parametrize("index", [1, 4, 6])
def test_it_goes_on_where_the_checkpoint_was(index):
    first = Checkpoint()
    made = list(work(first).run([MIX], ()))

    rest = work(Checkpoint(first.puts[index - 1]))
    found = list(rest.run([MIX], ()))

    assert rest.task.notes["resumed_segments"] == index
    assert rest.done == FRAMES
    for expected, part in zip(made[index:], found, strict=True):
        np.testing.assert_array_equal(part, expected)
