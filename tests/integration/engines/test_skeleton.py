"""Weights become constants of a graph where they lie: compiled networks keep what was copied."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import skeleton
from tests.fixtures import demucs_weights

SOURCES = (0, 1, 2, 3)
# Cut or made on the way: the last layers of the sources that are wanted, and the position tables.
MADE = {"@positions_1d", "@positions_2d"}


@pytest.fixture(scope="module")
def weights():
    arrays = demucs_weights.random_arrays("htdemucs")
    return {name: array.astype(np.float32) for name, array in arrays.items()}


@pytest.fixture(scope="module")
def constants(weights):
    """All that is constant in the network of those weights, by the name of the node."""
    model = skeleton.network_for("htdemucs", weights, skeleton.HTDEMUCS_SAMPLES, SOURCES)
    nodes = [node for node in model.get_ops() if node.get_type_name() == "Constant"]
    return model, [node for node in nodes if node.get_element_type().to_string() == "f32"]


def test_large_constants_are_views_of_the_weights(weights, constants):
    ranges = [(a.ctypes.data, a.ctypes.data + a.nbytes) for a in weights.values()]
    made = skeleton._last_layers(weights) | MADE

    large = [node for node in constants[1] if node.data.nbytes > 10_000]

    assert sum(node.data.nbytes for node in large) > 160_000_000
    for node in large:
        begin = node.data.ctypes.data
        is_view = any(low <= begin and begin + node.data.nbytes <= high for low, high in ranges)
        assert is_view or node.get_friendly_name() in made, node


def test_no_weight_is_taken_apart_when_it_is_compiled(constants):
    for node in constants[1]:
        consumers = {
            target.get_node().get_type_name()
            for output in node.outputs()
            for target in output.get_target_inputs()
        }
        assert not consumers & {"VariadicSplit", "Slice"}


def test_the_parts_of_a_weight_are_its_rows_in_order(weights, constants):
    whole = weights["encoder.0.rewrite.weight"]
    halves = [node.data for node in constants[1] if tuple(node.shape) == (48, 48, 1, 1)]

    for half in np.split(whole, 2):
        assert any(np.array_equal(half, found) for found in halves)
