"""Covers, bars and the wheel: well-formed, and true to their input."""

from __future__ import annotations

import itertools
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web import drawing


@given(st.text(max_size=80))
def test_a_cover_is_well_formed_and_holds_nothing_of_its_seed(seed):
    svg = drawing.cover(seed)

    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == "0 0 400 400"
    assert len(svg) < 6000


def test_the_same_title_has_the_same_cover_however_it_is_written():
    assert drawing.seed_of("Salt ", None) == drawing.seed_of("SALT", "")
    assert drawing.seed_of("Salt", "A") != drawing.seed_of("Salt", "B")


def test_covers_differ():
    assert len({drawing.cover(drawing.seed_of(str(i))) for i in range(40)}) == 40


def test_the_strongest_pitch_classes_are_marked():
    chroma = (0.7, 0.1, 0.1, 0.1, 0.6, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1, 0.1)

    root = ElementTree.fromstring(drawing.chroma_bars(chroma))

    assert [bar.get("class") for bar in root.iter("rect")].count("hit") == 3
    assert root.get("aria-label") == "Pitch classes. Strongest: A, C, E."


def test_silence_has_bars_too():
    ElementTree.fromstring(drawing.chroma_bars((0.0,) * 12))


@pytest.mark.parametrize(
    ("camelot", "near"),
    [("8A", {"7A", "9A", "8B"}), ("1B", {"12B", "2B", "1A"}), ("12A", {"11A", "1A", "12B"})],
)
def test_the_wheel_marks_the_key_and_what_mixes_well_with_it(camelot, near):
    root = ElementTree.fromstring(drawing.camelot_wheel(camelot, "some key"))

    parts = list(root)
    named = {
        after.text: before.get("class")
        for before, after in itertools.pairwise(parts)
        if before.tag == "path"
    }
    assert {name for name, mark in named.items() if mark == "near"} == near
    assert {name for name, mark in named.items() if mark == "hit"} == {camelot}


@pytest.mark.parametrize("draw", [drawing.hero, drawing.flat_line])
def test_the_large_pictures_are_well_formed(draw):
    ElementTree.fromstring(draw())
