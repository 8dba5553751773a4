"""Sections: borders where the music changes, the same letter where it returns."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.feature import Finding
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise, notes

VERSE = np.tile(np.concatenate([notes(2, 57, 60, 64), notes(2, 53, 57, 60)]), 4)
CHORUS = np.tile(np.concatenate([notes(2, 48, 52, 55, 76), notes(2, 55, 59, 62, 79)]), 4)
BRIDGE = np.tile(np.concatenate([notes(2, 54, 58, 61), notes(2, 56, 59, 63)]), 4) + noise(16)


def sections(*parts):
    return find(np.concatenate(parts), "sections").value


def test_what_returns_has_its_letter_again():
    found = sections(VERSE, BRIDGE, VERSE)

    assert found["form"] == "ABA"
    assert [one["start_s"] for one in found["sections"]] == pytest.approx([0, 16, 32], abs=1)
    assert found["sections"][1]["confidence"] > 0.5
    assert found["grid"] == "seconds"


def test_sections_follow_each_other_from_start_to_end():
    rows = sections(VERSE, BRIDGE, CHORUS)["sections"]

    assert rows[0]["start_s"] == 0
    assert [one["end_s"] for one in rows[:-1]] == [one["start_s"] for one in rows[1:]]
    assert rows[-1]["end_s"] == 48


def test_the_louder_of_two_that_repeat_is_called_chorus():
    found = sections(0.3 * VERSE, CHORUS, 0.3 * VERSE, CHORUS)

    assert found["form"] == "ABAB"
    assert [one["name"] for one in found["sections"]] == ["verse", "chorus", "verse", "chorus"]


def test_where_none_is_louder_there_are_letters_only():
    found = sections(VERSE, BRIDGE, VERSE)

    assert {one["name"] for one in found["sections"]} == {None}


def test_borders_stand_on_bars_where_there_are_any():
    recording = listen(in_blocks(np.concatenate([VERSE, BRIDGE])), "sections")
    recording.found["beats"] = Finding(
        {
            "beats_s": np.arange(0.1, 32, 0.5).tolist(),
            "downbeats_s": np.arange(0.1, 32, 2.0).tolist(),
            "confidence": 0.9,
            "bar_confidence": 0.9,
        }
    )

    found = FEATURES["sections"].extract(recording).value

    assert found["grid"] == "bars"
    assert [one["start_s"] for one in found["sections"]] == [0, 16.1]


@pytest.mark.parametrize(
    "signal", [noise(30), notes(30, 57, 60, 64)], ids=["noise", "a held chord"]
)
def test_where_nothing_changes_there_is_one_section(signal):
    assert find(signal, "sections").value["form"] == "A"


@pytest.mark.parametrize(
    "signal", [np.zeros(20 * RATE_HZ), np.ones(1), noise(5)], ids=["silence", "a sample", "5 s"]
)
def test_silence_and_short_recordings_have_no_sections(signal):
    assert find(signal, "sections").value == {"sections": [], "form": "", "grid": None}
