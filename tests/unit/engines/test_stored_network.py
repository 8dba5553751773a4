"""A network's arrays come out of the model's file under their own names."""

from __future__ import annotations

import json

import numpy as np
import pytest

from soundforge.engines.stored_network import ARGUMENTS, StoredNetwork


@pytest.fixture
def path(tmp_path):
    arguments = np.frombuffer(json.dumps({"depth": 4}).encode(), np.uint8)
    arrays = {"a/x.weight": np.ones(2), f"a/{ARGUMENTS}": arguments, "ab/x.weight": np.zeros(3)}
    np.savez(tmp_path / "weights.npz", **arrays)
    return tmp_path / "weights.npz"


def test_only_its_own_arrays_come_out(path):
    arrays = StoredNetwork(path, "a").arrays()

    assert arrays.keys() == {"x.weight"}
    np.testing.assert_array_equal(arrays["x.weight"], 1)


def test_what_it_was_made_with_is_told_where_it_is_known(path):
    assert StoredNetwork(path, "a").arguments() == {"depth": 4}
    assert StoredNetwork(path, "ab").arguments() == {}
