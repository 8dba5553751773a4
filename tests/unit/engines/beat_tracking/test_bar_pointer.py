"""The bar pointer: the same path as a plain search, frame by frame, through every state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soundforge.engines.beat_tracking import bar_pointer

SMALL = bar_pointer.Model(beats_per_bar=(2, 3), shortest=2, longest=5, steadiness=3.0, on_beat=2)
TINY = np.finfo(float).tiny


def plain_viterbi(activations, model, beats_per_bar):
    """The best score over paths of states (beat, interval, place in the beat), one per frame."""
    states = [(b, i, p) for b in range(beats_per_bar) for i in model.intervals for p in range(i)]
    edge = dict(zip(model.intervals, model.edges, strict=True))
    changes = model.log_changes()

    def seen(frame, state):
        beat, interval, place = state
        if place < edge[interval]:
            return np.log(max(activations[frame, 1 if beat == 0 else 0], TINY))
        return np.log(max((1 - activations[frame].sum()) / (model.on_beat - 1), TINY))

    def step(before, after):
        (b0, i0, p0), (b1, i1, p1) = before, after
        if p1:
            return 0.0 if (b0, i0, p0 + 1) == (b1, i1, p1) else -np.inf
        if p0 + 1 != i0 or b1 != (b0 + 1) % beats_per_bar:
            return -np.inf
        return changes[i0 - model.shortest, i1 - model.shortest]

    moves = np.array([[step(a, b) for b in states] for a in states])
    score = np.array([seen(0, s) for s in states]) - np.log(len(states))
    for frame in range(1, len(activations)):
        score = (score[:, None] + moves).max(axis=0) + [seen(frame, s) for s in states]
    return score.max()


def worth(path, activations, model):
    """The score of a path, added up frame by frame."""
    log_changes, total, before = model.log_changes(), 0.0, None
    for start, beat, interval in path.beats:
        edge = -(-interval // model.on_beat)
        if before is not None and start > 0:
            total += log_changes[before - model.shortest, interval - model.shortest]
        for frame in range(max(start, 0), min(start + interval, len(activations))):
            if frame < start + edge:
                total += np.log(max(activations[frame, 1 if beat == 0 else 0], TINY))
            else:
                neither = (1 - activations[frame].sum()) / (model.on_beat - 1)
                total += np.log(max(neither, TINY))
        before = interval
    return total - np.log(path.beats_per_bar * model.intervals.sum())


probabilities = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 24), st.just(2)), elements=st.floats(0.0, 0.5)
)


@settings(max_examples=40, deadline=None)
@given(probabilities, st.sampled_from([4, 10_000]))
def test_the_path_is_the_best_of_all(activations, memory_frames):
    bar_pointer._MEMORY_FRAMES, kept = memory_frames, bar_pointer._MEMORY_FRAMES
    try:
        path = bar_pointer.decode(activations, SMALL)
    finally:
        bar_pointer._MEMORY_FRAMES = kept

    best = max(plain_viterbi(activations, SMALL, beats) for beats in SMALL.beats_per_bar)
    assert path.log_probability == pytest.approx(best)
    assert worth(path, activations, SMALL) == pytest.approx(best)
    assert (np.diff(path.beats[:, 1]) % path.beats_per_bar == 1 % path.beats_per_bar).all()


def is_on_beat(starts, peaks):
    """Whether each peak lies in the first frames of its beat, those that count as on it."""
    return ((starts <= peaks) & (peaks < starts + 4)).all()


def pulses(intervals, beats_per_bar):
    """A curve with a sharp peak at each beat."""
    activations = np.full((sum(intervals) + 1, 2), 0.01)
    at = 0
    for number, interval in enumerate(intervals):
        activations[at, 0 if number % beats_per_bar else 1] = 0.9
        at += interval
    return activations


@pytest.mark.parametrize("beats_per_bar", [3, 4])
@pytest.mark.parametrize("interval", [17, 25, 31, 50])
def test_beats_bars_and_tempo_of_clear_peaks_are_found(interval, beats_per_bar):
    path = bar_pointer.decode(pulses([interval] * 24, beats_per_bar), bar_pointer.Model())

    assert path.beats_per_bar == beats_per_bar
    starts, places = path.beats[:20, 0], path.beats[:20, 1]
    assert is_on_beat(starts, np.arange(20) * interval)
    assert (places == np.arange(20) % beats_per_bar).all()


def test_a_change_of_tempo_is_followed():
    intervals = [25] * 16 + [22] * 16

    path = bar_pointer.decode(pulses(intervals, 4), bar_pointer.Model())

    assert is_on_beat(path.beats[:31, 0], np.concatenate([[0], np.cumsum(intervals)])[:31])


def test_one_frame_is_enough():
    assert len(bar_pointer.decode(np.array([[0.1, 0.8]]), bar_pointer.Model()).beats) == 1
