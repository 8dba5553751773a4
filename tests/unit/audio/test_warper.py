"""From tempi to a rate."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.audio import warper


def test_the_rate_is_the_ratio_of_the_tempi():
    assert warper.rate_between(120.0, 90.0) == 0.75


@pytest.mark.parametrize("bpm", [0.0, -1.0, float("nan"), float("inf")])
def test_a_tempo_that_is_none_is_refused(bpm):
    with pytest.raises(errors.Invalid):
        warper.rate_between(bpm, 120.0)
    with pytest.raises(errors.Invalid):
        warper.rate_between(120.0, bpm)


def test_a_moment_moves_with_the_tempo():
    assert warper.moved(10.0, rate=0.8) == 12.5


@pytest.mark.parametrize(
    ("time_s", "expected_s"),
    [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (4.0, 3.0), (6.0, 4.0), (7.0, 4.5)],
)
def test_on_a_grid_bars_of_different_length_become_even(time_s, expected_s):
    # Bars of 1 s, then of 2 s; all shall last one second, and what lies around them goes along.
    grid = warper.Grid((1.0, 2.0, 4.0, 6.0), 1.0)

    assert warper.moved(time_s, grid=grid) == pytest.approx(expected_s)


def test_even_bars_last_as_long_as_the_mean_one():
    grid = warper.even_bars((1.0, 3.0, 5.2), 2.0)

    assert grid.downbeats_s == (1.0, 3.0, 5.2)
    assert grid.bar_s == pytest.approx(1.05)


@pytest.mark.parametrize(
    ("tempo_bpm", "bpm", "bar_s"),
    [
        (119.98, 120.0, 2.0),  # the tempo is met to the last digit, not by the mean of the bars
        (59.99, 60.0, 2.0),  # by one who counts half as fast, too
        (100.0, 120.0, 2.0 / 1.2),  # where bars and tempo do not agree, the rate counts
    ],
)
def test_even_bars_meet_a_tempo_exactly(tempo_bpm, bpm, bar_s):
    grid = warper.even_bars((0.0, 2.001, 3.998), bpm / tempo_bpm, bpm)

    assert grid.bar_s == pytest.approx(bar_s, rel=1e-9 if bar_s == 2.0 else 0.001)


@pytest.mark.parametrize("downbeats_s", [(), (1.0,)])
def test_less_than_a_bar_has_no_grid(downbeats_s):
    assert warper.even_bars(downbeats_s, 1.0) is None


@pytest.mark.parametrize(
    ("rate", "semitones", "code"),
    [
        (0.24, 0, "rate_out_of_range"),
        (4.1, 0, "rate_out_of_range"),
        (1, 24.1, "shift_out_of_range"),
    ],
)
def test_what_is_out_of_range_is_refused_at_the_door(rate, semitones, code):
    with pytest.raises(errors.Invalid) as refusal:
        warper.check(rate, semitones)

    assert refusal.value.code == code
    assert refusal.value.next_step


def test_the_smallest_change_that_counts_is_a_thousandth():
    assert not warper.is_change(1.0005, 0.0005)
    assert warper.is_change(1.002, 0)
    assert warper.is_change(1, -0.01)
