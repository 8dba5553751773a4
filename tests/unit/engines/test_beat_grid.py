"""The beats that others stand on: only those that were found and can be trusted."""

from __future__ import annotations

import pytest

from soundforge.engines.beat_grid import grid
from soundforge.engines.feature import Finding, Recording
from soundforge.engines.level import Level

BEATS = [0.5 * beat for beat in range(16)]


def recording(**beats):
    value = {"beats_s": BEATS, "downbeats_s": BEATS[::4], "confidence": 0.9, "bar_confidence": 0.9}
    return Recording(Level(), {}, 8.0, found={"beats": Finding({**value, **beats})})


def test_beats_and_bars_are_taken_as_found():
    found = grid(recording())

    assert found.beats_s.tolist() == BEATS
    assert found.downbeats_s.tolist() == BEATS[::4]


@pytest.mark.parametrize("beats", [{"confidence": 0.1}, {"beats_s": BEATS[:3]}, {"beats_s": []}])
def test_few_or_doubtful_beats_are_none(beats):
    found = grid(recording(**beats))

    assert len(found.beats_s) == len(found.downbeats_s) == 0


@pytest.mark.parametrize("beats", [{"bar_confidence": 0.1}, {"downbeats_s": []}])
def test_doubtful_bars_leave_the_beats(beats):
    found = grid(recording(**beats))

    assert len(found.beats_s) == 16
    assert len(found.downbeats_s) == 0


def test_without_the_feature_there_are_no_beats():
    assert len(grid(Recording(Level(), {}, 8.0)).beats_s) == 0
