"""Filter banks against the plain product."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import mel
from soundforge.engines.banded import FilterBank

ROWS = np.random.default_rng(1).random((5, 1025)).astype(np.float32)


def with_gaps():
    weights = mel.filters()
    weights[:, 16:32] = 0
    weights[:, 40] = 0
    return weights


@pytest.mark.parametrize(
    "weights",
    [mel.filters(), mel.filters()[:, :17], mel.filters()[:, :1], with_gaps(), np.zeros((1025, 3))],
    ids=["mel", "a band over", "one band", "gaps", "nothing"],
)
@pytest.mark.parametrize("count", [0, 1, 5])
def test_it_is_the_product(weights, count):
    product = FilterBank(weights).of(ROWS[:count])

    np.testing.assert_allclose(product, ROWS[:count] @ weights, rtol=1e-5)
    assert product.dtype == np.float32
