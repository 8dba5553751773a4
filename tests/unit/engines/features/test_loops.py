"""Loops: whole bars whose end goes over into their beginning."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from soundforge.engines.feature import Finding
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise, notes

CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (54, 58, 61))
ROUND = np.concatenate([notes(2, *chord) for chord in CHORDS])


def loops(signal, *, has_bars=True, duration_s=None):
    recording = listen(in_blocks(signal), "loops")
    beats = np.arange(0, duration_s or len(signal) / RATE_HZ, 0.5)
    recording.found["beats"] = Finding(
        {
            "beats_s": beats.tolist(),
            "downbeats_s": beats[::4].tolist() if has_bars else [],
            "confidence": 0.9,
            "bar_confidence": 0.9 if has_bars else 0.0,
        }
    )
    return FEATURES["loops"].extract(recording).value


def test_four_chords_that_come_round_are_a_loop_of_four_bars():
    found = loops(np.tile(ROUND, 4))

    best = found["loops"][0]
    assert (best["bars"], best["beats"]) == (4, 16)
    assert best["end_s"] - best["start_s"] == 8
    assert best["start_s"] % 2 == 0
    assert best["score"] > 0.9


def test_loops_do_not_overlap_and_are_few():
    found = loops(np.tile(ROUND, 8))

    rows = found["loops"] + found["others"]
    assert 1 < len(found["loops"]) <= 5
    spans = sorted((one["start_s"], one["end_s"]) for one in rows)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(one["score"] >= 0.6 for one in rows)


def test_what_never_returns_is_no_loop():
    rising = np.concatenate([notes(2, 40 + 3 * step, 45 + 4 * step) for step in range(12)])

    assert loops(rising)["loops"] == []


def test_without_bars_a_loop_has_beats_only():
    found = loops(np.tile(ROUND, 4), has_bars=False)

    assert found["grid"] == "beats"
    assert all(one["bars"] is None and one["beats"] >= 2 for one in found["loops"])


@pytest.mark.parametrize("signal", [np.zeros(9 * RATE_HZ), noise(9), np.ones(1)])
def test_without_beats_there_are_no_loops(signal):
    assert find(signal, "loops").value == {"loops": [], "others": [], "grid": None}
