"""Rhythm out of probabilities: beats, bars, tempo, and nothing where nothing stands out."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.beat_tracking import rhythm
from soundforge.engines.note_chroma import NoteChroma


def probabilities(beats_s, beats_per_bar, duration_s=30.0, height=0.8, floor=0.02):
    """Peaks at the beats, as a network would judge them, 50 frames a second."""
    curve = np.full((round(duration_s * 50), 2), floor, np.float32)
    for number, at_s in enumerate(beats_s):
        curve[round(at_s * 50), 0 if number % beats_per_bar else 1] = height
    return curve


@pytest.mark.parametrize("beats_per_bar", [3, 4])
@pytest.mark.parametrize("bpm", [63, 97.3, 120, 174])
def test_beats_bars_and_tempo_of_a_steady_song(bpm, beats_per_bar):
    beats_s = np.arange(1.0, 29.0, 60 / bpm)

    found = rhythm.by_network(probabilities(beats_s, beats_per_bar))

    # A frame is 20 ms; the regression averages the rounding away.
    np.testing.assert_allclose(found.beats_s, beats_s, atol=0.011)
    np.testing.assert_allclose(found.downbeats_s, beats_s[::beats_per_bar], atol=0.011)
    assert found.bpm == pytest.approx(bpm, rel=0.001)
    assert found.beats_per_bar == beats_per_bar
    assert found.confidence > 0.5
    assert 0 < found.bar_confidence <= found.confidence


def test_what_comes_before_and_after_the_music_has_no_beats():
    beats_s = np.arange(10.0, 20.0, 0.5)

    found = rhythm.by_network(probabilities(beats_s, 4))

    assert found.beats_s.min() >= 9.9
    assert found.beats_s.max() <= 20.1


@pytest.mark.parametrize("frames", [0, 1, 3, 200])
@pytest.mark.parametrize("level", [0.0, 0.04, 0.3])
def test_an_even_curve_has_no_beats(frames, level):
    found = rhythm.by_network(np.full((frames, 2), level, np.float32))

    assert found.bpm is None
    assert len(found.beats_s) == len(found.downbeats_s) == 0
    assert found.confidence == found.bar_confidence == 0


def test_uneven_beats_are_trusted_less():
    rng = np.random.default_rng(1)
    steady_s = np.arange(1.0, 29.0, 0.5)

    even, uneven = (
        rhythm.by_network(probabilities(times_s, 4))
        for times_s in (steady_s, steady_s + rng.uniform(-0.08, 0.08, len(steady_s)))
    )

    assert uneven.confidence < even.confidence


class Kicks:
    """Stands for a recording with a kick, a chord and a bass note at certain times."""

    def __init__(self, times_s, duration_s=30.0):
        frames = 1 + round(duration_s * 22_050) // 512
        self.low = np.zeros(frames, np.float32)
        for at_s in times_s:
            self.low[round(at_s * 22_050 / 512) :][:5] = 4.0
        wide_s = np.arange(-(-frames // 4)) * 2048 / 22_050
        turn = np.searchsorted(times_s, wide_s) * 5 % 12
        notes = np.eye(12, dtype=np.float32)[turn]
        self.chroma = NoteChroma(notes, notes, np.ones(len(notes), np.float32))

    def column(self, name):
        assert name == "low_level"
        return self.low

    def once(self, derive):
        return self.chroma


def test_beats_on_the_off_beat_are_moved_when_all_witnesses_say_so():
    tracked_s = np.arange(1.25, 29.0, 0.5)
    true_s = np.arange(1.0, 29.0, 0.5)
    unsure = probabilities(tracked_s, 4, height=0.3)

    found = rhythm.by_network(unsure, Kicks(true_s[::4]))

    np.testing.assert_allclose(found.beats_s, true_s[1:], atol=0.021)
    np.testing.assert_allclose(found.downbeats_s % 2.0, 1.0, atol=0.021)


def test_a_sure_network_is_not_overruled():
    tracked_s = np.arange(1.25, 29.0, 0.5)
    true_s = np.arange(1.0, 29.0, 0.5)

    found = rhythm.by_network(probabilities(tracked_s, 4, height=0.8), Kicks(true_s[::4]))

    np.testing.assert_allclose(found.beats_s, tracked_s, atol=0.011)
