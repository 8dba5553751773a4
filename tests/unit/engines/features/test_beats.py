"""Beats and bars without a network: the beats of the flux, and no bars made up."""

from __future__ import annotations

import numpy as np

from tests.fixtures.audio import clicks
from tests.fixtures.listening import RATE_HZ, find


def test_without_the_network_there_are_beats_but_no_bars():
    signal = clicks(20, 120, rate_hz=RATE_HZ)

    found = find(signal, "beats").value

    assert found["engine"] == "flux"
    assert found["beats_s"] == find(signal, "tempo").value["beats_s"]
    assert found["downbeats_s"] == []
    assert found["beats_per_bar"] is None
    assert found["bar_confidence"] == 0


def test_silence_has_neither():
    found = find(np.zeros(RATE_HZ), "beats").value

    assert found["beats_s"] == found["downbeats_s"] == []
    assert found["confidence"] == found["bar_confidence"] == 0
