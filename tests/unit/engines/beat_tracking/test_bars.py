"""Bars: the metre and the place of the downbeats, from all that is known of each beat."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.beat_tracking import bars

NOTHING = np.zeros((64, 3))


def network(is_downbeat):
    """Probabilities as of a network that is fairly sure."""
    return np.where(is_downbeat[:, None], [0.3, 0.5], [0.6, 0.05])


@pytest.mark.parametrize("metre", [3, 4])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_clear_downbeats_give_metre_and_place(metre, first):
    is_downbeat = np.arange(64) % metre == first

    found = bars.find(network(is_downbeat), NOTHING)

    assert found.beats_per_bar == metre
    assert ((found.places == 0) == is_downbeat).all()
    assert (np.diff(found.places) % metre == 1).all()
    assert found.lead > 0.1


@pytest.mark.parametrize("witness", [0, 1, 2])
def test_each_witness_decides_where_the_network_is_unsure(witness):
    unsure = np.full((64, 2), 0.4)
    heard = NOTHING.copy()
    heard[:, witness] = np.where(np.arange(64) % 4 == 2, 1.7, -0.6)

    found = bars.find(unsure, heard)

    assert found.beats_per_bar == 4
    assert (np.flatnonzero(found.places == 0) == np.arange(2, 64, 4)).all()


def test_a_missed_beat_does_not_spoil_what_follows():
    is_downbeat = np.delete(np.arange(129) % 4 == 0, 62)

    found = bars.find(network(is_downbeat), np.zeros((128, 3)))

    assert ((found.places == 0) == is_downbeat).mean() > 0.97


def test_where_all_beats_are_alike_no_place_leads():
    found = bars.find(np.full((64, 2), 0.4), NOTHING)

    assert found.lead == pytest.approx(0, abs=0.02)


def test_two_beats_are_enough():
    assert len(bars.find(np.full((2, 2), 0.4), np.zeros((2, 3))).places) == 2
