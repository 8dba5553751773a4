"""A file of several networks comes apart into them."""

import numpy as np

from soundforge.engines import weight_arrays


def test_networks_come_in_the_order_of_the_file_each_with_its_own_arrays(tmp_path):
    kept = {"second/a": np.ones(2), "second/b/c": np.zeros(1), "first/a": np.full(3, 2.0)}
    np.savez(tmp_path / "weights.npz", allow_pickle=False, **kept)

    second, first = weight_arrays.read(tmp_path / "weights.npz")

    assert {name: array.tolist() for name, array in second.items()} == {"a": [1, 1], "b/c": [0]}
    assert {name: array.tolist() for name, array in first.items()} == {"a": [2, 2, 2]}
