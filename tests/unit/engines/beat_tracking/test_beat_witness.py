"""The witnesses of strong beats: kicks, and changes of chord and bass."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import spectrum
from soundforge.engines.beat_tracking import beat_witness
from soundforge.engines.feature import Recording
from soundforge.engines.level import Level
from tests.fixtures.listening import RATE_HZ, in_blocks, noise, notes

BEATS_S = np.arange(1.0, 15.0, 0.5)


def hear(signal):
    blocks = (block[:, 0] for block in in_blocks(signal))
    columns = spectrum.measure(blocks, beat_witness.MEASURES)
    recording = Recording(Level(), columns, len(signal) / RATE_HZ)
    return beat_witness.hear(recording, BEATS_S, BEATS_S - 0.5, BEATS_S + 0.5)


def kicks(every_s):
    time_s = np.arange(16 * RATE_HZ) / RATE_HZ % every_s
    return 0.5 * np.sin(2 * np.pi * 60 * time_s) * np.exp(-time_s * 12)


def chords(*pitches, each_s=2.0):
    return np.concatenate([notes(each_s, *chord) for chord in pitches])


def test_a_kick_is_heard_on_its_beats():
    low, _, _ = hear(kicks(1.0) + 0.1 * noise(16)).T

    assert low[::2].min() > low[1::2].max()


@pytest.mark.parametrize(
    ("witness", "pair"),
    [(1, ((60, 64, 67), (62, 65, 69))), (2, ((36,), (41,)))],
    ids=["chords", "bass notes"],
)
def test_a_change_is_heard_where_it_happens(witness, pair):
    changes = hear(chords(*(pair * 4)))[:, witness]

    is_change = np.isclose(BEATS_S % 2.0, 0)
    assert changes[is_change].min() > changes[~is_change].max()


@pytest.mark.parametrize("signal", [np.zeros(16 * RATE_HZ), np.ones(RATE_HZ // 10)])
def test_silence_and_a_short_sound_give_finite_answers(signal):
    assert np.isfinite(hear(signal)).all()
