"""The RoFormer networks' plan, held to the reference's sum over the whole song in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines.overlap_add import State
from soundforge.engines.overlap_fade import FadePlan
from tests.fixtures.segments import run_alone


def network(part):
    """A stand-in whose output depends on where in its input a sample lies, and on the others."""
    ramp = np.linspace(0.5, 1.5, part.shape[1], dtype=np.float32)
    return (part * ramp + part.mean())[None]


def filled(part, segment):
    missing = segment - part.shape[1]
    is_long = part.shape[1] > segment // 2 + 1
    return np.pad(part, ((0, 0), (0, missing)), mode="reflect" if is_long else "constant")


def separate(segment):
    return lambda part: network(filled(part, segment))[..., : part.shape[1]]


def reference(mix, segment, count):
    """The sum as published: mirrored ends, flat weights with fades, divided by their sum."""
    step = segment // count
    fade, border = segment // 10, segment - step
    frames = mix.shape[1]
    is_continued = frames > 2 * border and border > 0
    if is_continued:
        mix = np.pad(mix, ((0, 0), (border, border)), mode="reflect")
    window = np.ones(segment)
    if fade:
        window[-fade:] *= np.linspace(0, 1, fade)[::-1]
        window[:fade] *= np.linspace(0, 1, fade)
    total, out = np.zeros(mix.shape[1]), np.zeros((1, *mix.shape))
    for at in range(0, mix.shape[1], step):
        weights = window.copy()
        if at == 0:
            weights[:fade] = 1
        elif at + segment >= mix.shape[1] and fade:
            weights[-fade:] = 1
        part = mix[:, at : at + segment]
        made = separate(segment)(part)
        out[..., at : at + segment] += made * weights[: part.shape[1]]
        total[at : at + segment] += weights[: part.shape[1]]
    with np.errstate(invalid="ignore"):  # where ends meet nothing counts: whatever comes out
        out /= total
    return out[..., border:-border] if is_continued else out


def run(plan, mix, block, state=None):
    state = state or State.start(plan, 1)
    at = state.index * plan.stride
    blocks = (mix[:, first : first + block] for first in range(0, mix.shape[1], block))
    kept = []
    for made in run_alone(plan, plan.continued(blocks), separate(plan.segment), state):
        kept.append(plan.kept(at, made))
        at += made.shape[-1]
    return kept


@settings(deadline=None)
@given(
    frames=st.integers(1, 600),
    segment=st.integers(2, 40).map(lambda n: 4 * n),
    count=st.sampled_from([1, 2, 4]),
    block=st.integers(1, 400),
)
def test_the_stream_is_what_the_whole_song_in_memory_gives(frames, segment, count, block):
    mix = np.random.default_rng(frames).standard_normal((2, frames)).astype(np.float32)
    plan = FadePlan.around(frames, segment, 1 - 1 / count)

    found = np.concatenate(run(plan, mix, block), axis=-1)

    assert found.shape == (1, 2, frames)
    expected = reference(mix, segment, count)
    np.testing.assert_allclose(np.where(np.isnan(expected), np.nan, found), expected, atol=2e-5)
    assert np.isfinite(found).all()


def test_no_segment_runs_that_nothing_is_kept_of():
    plan = FadePlan.around(1000, 200, 0.5)

    assert plan.frames == 1200
    assert list(plan.offsets) == list(range(0, 1100, 100))  # the reference has one more


@pytest.mark.parametrize("index", [1, 3, 8])
def test_going_on_from_any_segment_gives_the_same_bits(index):
    mix = np.random.default_rng(7).standard_normal((2, 1000)).astype(np.float32)
    plan = FadePlan.around(1000, 200, 0.5)
    whole = run(plan, mix, 64)
    state = State.start(plan, 1)
    blocks = plan.continued(mix[:, at : at + 64] for at in range(0, 1000, 64))
    stream = run_alone(plan, blocks, separate(200), state)
    for _ in range(index):
        next(stream)
    kept = {name: array.copy() for name, array in state.arrays(plan).items()}

    rest = run(plan, mix, 64, State.resume(plan, 1, index, kept))

    for expected, found in zip(whole[index:], rest, strict=True):
        np.testing.assert_array_equal(found, expected)
