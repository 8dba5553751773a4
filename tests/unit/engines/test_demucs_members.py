"""Of a bag only the networks that a wanted stem needs run."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from soundforge.engines import demucs_members, weights

FOUR = ("drums", "bass", "other", "vocals")


def task(model, *stems):
    return SimpleNamespace(model=weights.description(model), stems=stems)


def test_one_network_makes_all_stems():
    (member,) = demucs_members.needed(task("htdemucs", *FOUR))

    assert (member.sources, member.places) == ((0, 1, 2, 3), (0, 1, 2, 3))


def test_a_part_of_the_stems_is_a_part_of_the_sources():
    (member,) = demucs_members.needed(task("htdemucs_6s", "bass", "piano"))

    assert (member.sources, member.places) == ((1, 5), (0, 1))


@pytest.mark.parametrize("stem", FOUR)
def test_a_network_tuned_for_one_stem_runs_for_it_alone(stem):
    (member,) = demucs_members.needed(task("htdemucs_ft", stem))

    assert (member.sources, member.places) == ((FOUR.index(stem),), (0,))


def test_a_tuned_bag_counts_each_stem_once_and_an_equal_one_four_times():
    tuned = demucs_members.needed(task("htdemucs_ft", "drums", "vocals"))
    equal = demucs_members.needed(task("mdx_extra", *FOUR))

    assert [member.places for member in tuned] == [(0,), (1,)]
    np.testing.assert_array_equal(demucs_members.times(tuned, 2).ravel(), [1, 1])
    np.testing.assert_array_equal(demucs_members.times(equal, 4).ravel(), [4, 4, 4, 4])
