"""Running maximum and mean against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from soundforge.engines import running

CURVE = np.random.default_rng(1).normal(0, 1, 60)


@pytest.mark.parametrize("width", [1, 2, 5, 8, 17, 60, 61, 100])
@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_the_maximum_is_scipys(count, width):
    found = running.maximum(CURVE[:count], width)

    np.testing.assert_array_equal(found, maximum_filter1d(CURVE[:count], width))


@pytest.mark.parametrize("width", [1, 2, 5, 43, 100])
@pytest.mark.parametrize("count", [1, 7, 60])
def test_the_mean_is_scipys(count, width):
    curve = CURVE[:count].astype(np.float32)

    found = running.mean(curve, width)

    np.testing.assert_allclose(found, uniform_filter1d(curve, width, mode="nearest"), atol=1e-6)
    assert found.dtype == np.float32
