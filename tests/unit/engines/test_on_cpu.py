"""What networks on the CPU have in common."""

from __future__ import annotations

import numpy as np

from soundforge.engines.on_cpu import OnCpu


class Doubles(OnCpu):
    """Gives the same memory again for every segment, as OpenVINO does."""

    def __init__(self):
        super().__init__("no card")
        self._out = np.zeros((1, 2, 4), np.float32)

    def separate(self, mix):
        self._out[0] = mix * 2
        return self._out


def test_segments_keep_their_own_samples_whatever_memory_the_networks_use():
    mixes = [np.full((2, 4), value, np.float32) for value in (1, 2, 3)]

    stems = Doubles().separate_all(mixes)

    assert [float(made[0, 0, 0]) for made in stems] == [2.0, 4.0, 6.0]


def test_it_tells_where_it_runs_and_why():
    networks = Doubles()

    assert (networks.device, networks.fallback, networks.ahead) == ("cpu", "no card", 1)
    assert "OpenVINO" in networks.machine
    assert networks.precision == "f32"
    assert networks.mended == 0
