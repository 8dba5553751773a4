"""The likeliest course: the same as by trying all."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from soundforge.engines.steady_path import runs, steady_path

SCORES = st.floats(-4, 4, width=16)


@given(arrays(np.float64, (5, 3), elements=SCORES), arrays(np.float64, 5, elements=st.floats(0, 4)))
def test_no_other_course_is_likelier(likelihood, cost):
    def score(path):
        gained = sum(likelihood[frame, state] for frame, state in enumerate(path))
        return gained - sum(cost[at] for at in range(1, 5) if path[at] != path[at - 1])

    best = max(score(path) for path in product(range(3), repeat=5))

    assert abs(score(steady_path(likelihood, cost)) - best) < 1e-9


def test_a_change_that_costs_nothing_follows_every_frame():
    likelihood = np.eye(4)[[0, 3, 1, 1, 2]]

    assert steady_path(likelihood, np.zeros(5)).tolist() == [0, 3, 1, 1, 2]


def test_a_single_frame_has_its_best_state():
    assert steady_path(np.array([[0.0, 2.0, 1.0]]), np.zeros(1)).tolist() == [1]


@given(arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 2)))
def test_runs_cover_the_course_and_differ_from_their_neighbours(path):
    found = runs(path)

    covered = np.concatenate([np.zeros(0), *(np.full(z - a, state) for a, z, state in found)])
    assert covered.tolist() == path.tolist()
    assert all(one[2] != other[2] for one, other in pairwise(found))
