"""The form of a song, from a made matrix of likeness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import song_form
from soundforge.engines.self_similarity import SelfSimilarity

BARS = 8


def song(form, levels_db=None):
    """Every letter is eight bars of its own, of two seconds each."""
    letter = np.repeat([ord(one) for one in form], BARS)
    bar = np.tile(np.arange(BARS), len(form))
    is_same = letter[:, None] == letter
    likeness = np.where(is_same, np.where(bar[:, None] == bar, 1.0, 0.8), 0.3)
    levels = np.repeat(levels_db or [0.0] * len(form), BARS).astype(float)
    edges_s = 2.0 * np.arange(len(letter) + 1)
    return SelfSimilarity(edges_s, "bars", likeness.astype(np.float32), levels)


@pytest.mark.parametrize("form", ["A", "AB", "ABA", "ABAB", "ABACA", "ABCDE"])
def test_the_form_is_found(form):
    assert "".join(one.letter for one in song_form.sections(song(form))) == form


def test_a_soft_first_and_last_section_are_intro_and_outro():
    found = song_form.sections(song("ABCBD", [-9, 0, -1, 0, -9]))

    assert (found[0].name, found[-1].name) == ("intro", "outro")


def test_the_loud_refrain_is_the_chorus():
    names = [one.name for one in song_form.sections(song("ABABCB", [-3, 0, -3, 0, -3, 0]))]

    assert names == ["verse", "chorus", "verse", "chorus", None, "chorus"]


def test_nothing_is_named_without_evidence():
    assert {one.name for one in song_form.sections(song("ABABCB"))} == {None}


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_sections_cover_any_matrix(units, seed):
    likeness = np.random.default_rng(seed).uniform(0, 1, (units, units)).astype(np.float32)
    heard = SelfSimilarity(np.arange(units + 1.0), "seconds", likeness, np.zeros(units))

    found = song_form.sections(heard)

    assert (found[0].first, found[-1].end) == (0, units)
    assert all(0 <= one.novelty <= 1 for one in found)
