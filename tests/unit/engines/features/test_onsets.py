"""Onsets: where something begins, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.audio import clicks
from tests.fixtures.listening import RATE_HZ, find, noise, notes, sweep


def onsets(signal):
    return find(signal, "onsets").value


@pytest.mark.parametrize("bpm", [60, 97, 140])
def test_every_click_is_an_onset_at_its_time(bpm):
    times_s = onsets(clicks(10, bpm, rate_hz=RATE_HZ))["times_s"]

    expected_s = np.arange(0, 10, 60 / bpm)[1:]  # the first has nothing before it
    np.testing.assert_allclose(times_s, expected_s, atol=0.025)


def test_every_note_of_a_melody_is_an_onset():
    melody = np.concatenate([notes(0.5, pitch) for pitch in (60, 64, 67, 72, 60)])

    np.testing.assert_allclose(onsets(melody)["times_s"], [0.5, 1, 1.5, 2], atol=0.03)


def test_the_louder_onset_is_the_stronger():
    signal = noise(4) * np.repeat([0.01, 0.1, 0.01, 1], RATE_HZ)

    first, second = onsets(signal)["strengths_db"]

    assert 5 < first < second


@pytest.mark.parametrize(
    "signal",
    [np.zeros(3 * RATE_HZ), noise(10), notes(5, 57, 60, 64), sweep(5), np.ones(1), noise(0.1)],
    ids=["silence", "noise", "a held chord", "a glide", "one sample", "a tenth of a second"],
)
def test_where_nothing_begins_there_is_no_onset(signal):
    found = onsets(signal)

    assert (found["times_s"], found["per_second"]) == ([], 0)
