"""The tempo over time, and the tempi of those who count otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.beat_tracking import tempo_curve


def test_a_steady_song_has_a_level_curve():
    points = tempo_curve.curve(np.arange(100) * 0.5)

    assert {point["bpm"] for point in points} == {120.0}
    assert tempo_curve.drift(points) == pytest.approx(0, abs=1e-6)


def test_a_song_that_speeds_up_is_followed():
    bpm = np.linspace(100, 120, 200)
    beats_s = np.cumsum(60 / bpm)

    points = tempo_curve.curve(beats_s)

    played = np.interp([point["at_s"] for point in points], beats_s, bpm)
    np.testing.assert_allclose([point["bpm"] for point in points], played, rtol=0.005)
    assert 0.1 < tempo_curve.drift(points) < 0.2


@pytest.mark.parametrize("beats", [0, 1, 15])
def test_too_few_beats_have_no_curve(beats):
    points = tempo_curve.curve(np.arange(beats) * 0.5)

    assert points == []
    assert tempo_curve.drift(points) is None


@pytest.mark.parametrize(
    ("bpm", "expected"),
    [
        (None, {}),
        (120.0, {"half": 60.0, "double": 240.0}),
        (50.0, {"double": 100.0}),
        (170.0, {"half": 85.0}),
    ],
)
def test_half_and_double_are_offered_where_anyone_would_count_so(bpm, expected):
    offered = tempo_curve.alternatives(bpm, 0.25, 0.75)

    assert {one["relation"]: one["bpm"] for one in offered} == expected
