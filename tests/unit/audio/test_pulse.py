"""Beats and bars of an analysis: bars only where they are sure enough."""

from __future__ import annotations

import pytest

from soundforge.audio import pulse
from soundforge.audio.pulse import Pulse
from soundforge.engines import trust

BEATS = {"beats_s": [0.5, 1.0, 1.5], "downbeats_s": [0.5, 1.5], "beats_per_bar": 2}


def test_bars_that_are_sure_are_told():
    found = pulse.read({**BEATS, "bar_confidence": trust.LEAST_BARS})

    assert found == Pulse((0.5, 1.0, 1.5), (0.5, 1.5), 2)


@pytest.mark.parametrize(
    "doubt",
    [
        {"bar_confidence": trust.LEAST_BARS - 0.01},
        {"bar_confidence": None},
        {"bar_confidence": 0.9, "downbeats_s": [], "beats_per_bar": None},
        {"bar_confidence": 0.9, "downbeats_s": []},
    ],
)
def test_of_bars_that_are_not_sure_nothing_is_told(doubt):
    assert pulse.read({**BEATS, **doubt}) == Pulse((0.5, 1.0, 1.5))


@pytest.mark.parametrize("beats", [None, {}, {"beats_s": None}, {"beats_s": []}])
def test_without_a_pulse_there_is_nothing(beats):
    assert pulse.read(beats) == Pulse()
