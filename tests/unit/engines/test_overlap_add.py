"""Segments that overlap: the reference's plan, exact lengths, going on where it stopped."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import overlap_add
from soundforge.engines.overlap_add import Plan, State
from tests.fixtures.segments import run_alone

SOURCES = 2


def network(chunk):
    """A stand-in whose output depends on where in its input a sample lies, and on the others."""
    ramp = np.linspace(0.5, 1.5, chunk.shape[1], dtype=np.float32)
    return np.stack([chunk * ramp + chunk.mean(), chunk[:, ::-1] * 0.25])


def reference(mix, segment, overlap, is_padded):
    """The sum as the reference makes it: the whole song in memory, one pass over the offsets."""
    frames = mix.shape[1]
    up = np.arange(1, segment // 2 + 1)
    weight = np.concatenate([up, np.arange(segment - segment // 2, 0, -1)]).astype(np.float32)
    weight /= weight.max()
    out = np.zeros((SOURCES, 2, frames), np.float32)
    total = np.zeros(frames, np.float32)
    for offset in range(0, frames, int((1 - overlap) * segment)):
        length = min(segment, frames - offset)
        missing = segment - length if is_padded else 0
        around = np.pad(mix, ((0, 0), (segment, segment)))
        begin = segment + offset - missing // 2
        stems = network(around[:, begin : begin + length + missing])
        stems = stems[..., missing // 2 : missing // 2 + length]
        out[..., offset : offset + length] += weight[:length] * stems
        total[offset : offset + length] += weight[:length]
    return out / total


def in_blocks(mix, size):
    return (mix[:, at : at + size] for at in range(0, mix.shape[1], size))


def run(plan, mix, block=37, state=None):
    state = state or State.start(plan, SOURCES)
    return np.concatenate(list(run_alone(plan, in_blocks(mix, block), network, state)), axis=-1)


@given(
    frames=st.integers(1, 900),
    segment=st.integers(2, 200),
    overlap=st.sampled_from([0, 0.1, 0.25, 0.5, 0.75]),
    block=st.integers(1, 400),
    is_padded=st.booleans(),
)
def test_the_stream_is_what_the_whole_song_in_memory_gives(
    frames, segment, overlap, block, is_padded
):
    if int((1 - overlap) * segment) < 1:
        return
    mix = np.random.default_rng(frames).standard_normal((2, frames)).astype(np.float32)

    found = run(Plan(frames, segment, overlap, is_padded), mix, block)

    assert found.shape == (SOURCES, 2, frames)
    np.testing.assert_allclose(found, reference(mix, segment, overlap, is_padded), atol=1e-6)


@given(
    frames=st.integers(1, 3000), stop=st.integers(0, 40), overlap=st.sampled_from([0, 0.25, 0.6])
)
def test_going_on_gives_the_same_bit_by_bit(frames, stop, overlap):
    mix = np.random.default_rng(frames).standard_normal((2, frames)).astype(np.float32)
    plan = Plan(frames, 128, overlap)
    whole = run(plan, mix)
    state, parts = State.start(plan, SOURCES), []
    parts += itertools.islice(run_alone(plan, in_blocks(mix, 50), network, state), stop)
    kept = {name: array.copy() for name, array in state.arrays(plan).items()}

    state = State.resume(plan, SOURCES, min(stop, len(plan.offsets)), kept)
    if state.index < len(plan.offsets):
        parts.append(run(plan, mix, 23, state))

    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), whole)


def test_what_another_plan_kept_is_refused():
    plan = Plan(1000, 100)
    kept = State.start(plan, SOURCES).arrays(plan)

    for other, sources in ((Plan(1000, 120), SOURCES), (plan, 3), (Plan(1000, 100, 0.5), SOURCES)):
        with pytest.raises(ValueError, match="another plan"):
            State.resume(other, sources, 1, kept)


def test_memory_does_not_grow_with_the_length():
    plan = Plan(1_000_000, 1000)
    longest = 0

    def watched(chunk):
        nonlocal longest
        longest = max(longest, chunk.shape[1])
        return np.stack([chunk, chunk])

    blocks = (np.zeros((2, 1000), np.float32) for _ in range(1000))
    state = State.start(plan, 2)
    for part in run_alone(plan, blocks, watched, state):
        assert part.shape[-1] <= 1000
        assert state.total.shape[-1] == 1000

    assert longest == 1000


@given(
    frames=st.integers(1, 2000),
    most=st.integers(1, 9),
    start=st.integers(0, 12),
    overlap=st.sampled_from([0, 0.25, 0.5]),
    is_padded=st.booleans(),
)
def test_batches_give_what_single_segments_give(frames, most, start, overlap, is_padded):
    mix = np.random.default_rng(frames).standard_normal((2, frames)).astype(np.float32)
    plan = Plan(frames, 128, overlap, is_padded)
    state = State.start(plan, SOURCES)
    parts = list(itertools.islice(run_alone(plan, in_blocks(mix, 50), network, state), start))
    kept = {name: array.copy() for name, array in state.arrays(plan).items()}
    state = State.resume(plan, SOURCES, state.index, kept)
    asked = []

    def batch(mixes):
        asked.append([len(mixes), *{chunk.shape[1] for chunk in mixes}])
        return [network(chunk) for chunk in mixes]

    parts += overlap_add.run(plan, in_blocks(mix, 50), batch, state, ahead=lambda: most)

    whole = run(plan, mix)
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), whole)
    assert all(len(lengths) == 1 and 1 <= count <= most for count, *lengths in asked)


def test_batches_end_at_the_same_places_wherever_the_work_began():
    plan = Plan(1000, 100, 0)

    assert list(plan.at_once(0, 4)) == [0, 100, 200, 300]
    assert list(plan.at_once(2, 4)) == [200, 300]
    assert list(plan.at_once(8, 4)) == [800, 900]


def test_a_shorter_last_input_goes_by_itself():
    plan = Plan(1050, 100, 0, is_padded=False)

    assert list(plan.at_once(8, 4)) == [800, 900]
    assert list(plan.at_once(10, 4)) == [1000]
