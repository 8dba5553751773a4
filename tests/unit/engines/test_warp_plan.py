"""Time, bent: lengths and borders are exact whatever the rate."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import warp_plan
from soundforge.engines.runtime import EngineError

RATES = st.floats(warp_plan.MIN_RATE, warp_plan.MAX_RATE)
BAR_LISTS = st.lists(st.floats(1.0, 3.0), min_size=2, max_size=30)


def cut(plan, frames, block=100_000):
    return list(warp_plan.pieces(plan, block, lambda frame: min(frame, frames)))


@given(rate=RATES, frames=st.integers(0, 2_000_000), block=st.integers(1000, 300_000))
def test_the_pieces_follow_each_other_and_end_at_the_rounded_length(rate, frames, block):
    made = cut(warp_plan.constant(rate), frames, block)

    if not frames:
        assert made == []
        return
    assert (made[0].start, made[0].out_start) == (0, 0)
    assert all(a.stop == b.start and a.out_stop == b.out_start for a, b in itertools.pairwise(made))
    assert made[-1].stop == frames
    assert abs(made[-1].out_stop - frames / rate) <= max(0.5001, 1 - frames / rate + len(made))
    assert all(piece.stop - piece.start <= 1.5 * block for piece in made)


@pytest.mark.parametrize(
    ("frames", "rate", "expected"),
    [(44_100, 1.1, 40_091), (44_100, 0.8, 55_125), (3, 2.0, 2), (1, 4.0, 1), (10, 4.0, 3)],
)
def test_one_piece_has_the_length_divided_by_the_rate_rounded_half_up(frames, rate, expected):
    assert cut(warp_plan.constant(rate), frames)[-1].out_stop == expected


@given(rate=RATES)
def test_cutting_a_recording_into_blocks_does_not_change_its_length(rate):
    plan = warp_plan.constant(rate)

    assert cut(plan, 1_234_567, 50_000)[-1].out_stop == cut(plan, 1_234_567, 9_999_999)[-1].out_stop


@given(bars_s=BAR_LISTS, lead_s=st.floats(0.0, 5.0), tail_s=st.floats(0.1, 5.0))
def test_every_downbeat_lies_on_the_grid_to_the_sample(bars_s, lead_s, tail_s):
    downbeats_s = [lead_s]
    for bar_s in bars_s:
        downbeats_s.append(downbeats_s[-1] + bar_s)
    rate_hz = 8000
    frames = round((downbeats_s[-1] + tail_s) * rate_hz)

    made = cut(warp_plan.on_grid(downbeats_s, 2.0, rate_hz), frames)

    starts = {piece.start: piece.out_start for piece in made}
    outs = [starts[round(downbeat_s * rate_hz)] for downbeat_s in downbeats_s]
    assert all(abs(b - a - 2.0 * rate_hz) <= 1 for a, b in itertools.pairwise(outs))
    assert made[-1].stop == frames


@pytest.mark.parametrize("rate", [0.0, -1.0, 0.2499, 4.001, float("inf"), float("nan")])
def test_a_rate_out_of_range_is_refused(rate):
    with pytest.raises(EngineError) as refused:
        warp_plan.constant(rate)

    assert refused.value.code == "rate_out_of_range"


@pytest.mark.parametrize("semitones", [24.5, -25, float("nan"), float("inf")])
def test_a_shift_of_more_than_two_octaves_is_refused(semitones):
    with pytest.raises(EngineError) as refused:
        warp_plan.check_semitones(semitones)

    assert refused.value.code == "shift_out_of_range"


@pytest.mark.parametrize(
    ("downbeats_s", "bar_s"),
    [
        ([], 2.0),
        ([1.0], 2.0),
        ([1.0, 1.0], 2.0),
        ([2.0, 1.0], 2.0),
        ([-1.0, 1.0], 2.0),
        ([0.0, float("nan")], 2.0),
        ([0.0, float("inf")], 2.0),
        ([0.0, 2.0], 0.0),
        ([0.0, 2.0], float("nan")),
    ],
)
def test_downbeats_that_are_no_bars_are_refused(downbeats_s, bar_s):
    with pytest.raises(EngineError) as refused:
        warp_plan.on_grid(downbeats_s, bar_s, 44_100)

    assert refused.value.code == "downbeats_invalid"


def test_a_bar_that_would_be_stretched_too_far_is_named():
    with pytest.raises(EngineError, match="Bar 2"):
        warp_plan.on_grid([0.0, 2.0, 12.0, 14.0], 2.0, 44_100)
