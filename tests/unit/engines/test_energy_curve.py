"""The energy curve: jumps where they are, however loud the whole is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines.energy_curve import Curve, jumps


def curve(*levels):
    return Curve(0.5, np.repeat(np.array(levels, float), 20))


@given(st.floats(0.02, 0.5))  # a hundredth of the loudest is silence
def test_a_step_is_one_jump_at_its_place(soft):
    (jump,) = jumps(curve(soft, 1.0))

    assert (jump.kind, jump.time_s) == ("drop", 10.0)


def test_the_higher_the_step_the_more_intense():
    (small,), (large,) = jumps(curve(0.5, 1.0)), jumps(curve(0.2, 1.0))

    assert small.intensity < large.intensity <= 1


def test_a_rise_to_the_middle_is_no_drop():
    kinds = [jump.kind for jump in jumps(curve(0.05, 0.2, 0.2, 1.0, 1.0, 1.0))]

    assert kinds == ["energy_rise", "drop"]


@given(st.lists(st.floats(0, 1), max_size=60))
def test_any_curve_has_its_jumps_in_order_and_within(values):
    found = jumps(Curve(0.5, np.array(values, float)))

    times_s = [jump.time_s for jump in found]
    assert times_s == sorted(times_s)
    assert all(0 <= time_s <= len(values) / 2 for time_s in times_s)
    assert all(0 <= jump.intensity <= 1 for jump in found)
