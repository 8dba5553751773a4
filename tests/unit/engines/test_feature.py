"""What a feature is given."""

from __future__ import annotations

import numpy as np

from soundforge.engines.feature import Recording
from soundforge.engines.level import Level


def test_a_column_is_all_blocks_in_order():
    blocks = [np.zeros((2, 3), np.float32), np.ones((1, 3), np.float32)]
    recording = Recording(Level(), {"measure": blocks}, 1.0)

    assert recording.column("measure").tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]
