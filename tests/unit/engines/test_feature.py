"""What a feature is given."""

from __future__ import annotations

import numpy as np

from soundforge.engines.feature import Recording, summary
from soundforge.engines.level import Level


def test_a_column_is_all_blocks_in_order():
    blocks = [np.zeros((2, 3), np.float32), np.ones((1, 3), np.float32)]
    recording = Recording(Level(), {"measure": blocks}, 1.0)

    assert recording.column("measure").tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 1]]


def test_a_summary_has_one_number_per_curve_and_one_per_row_of_a_matrix():
    rows = np.array([[1, 3], [5, 5]], np.float32)

    assert summary(rows[0]) == {"mean": 2.0, "std": 1.0}
    assert summary(rows) == {"mean": [2.0, 5.0], "std": [1.0, 0.0]}
