"""The graph of BeatNet's networks against the same mathematics in plain numpy, random weights."""

import numpy as np
import pytest

from soundforge.engines import openvino_cpu
from soundforge.engines.beat_tracking import beatnet_graph

FRAMES = 7


@pytest.fixture(scope="module")
def networks():
    rng = np.random.default_rng(11)
    shapes = beatnet_graph.expected_shapes()
    return [
        {name: rng.normal(0, 0.08, shape).astype(np.float32) for name, shape in shapes.items()}
        for _ in range(2)
    ]


@pytest.fixture(scope="module")
def hear(networks):
    compiled = openvino_cpu.compile_model(beatnet_graph.build(networks, FRAMES), threads=1)

    def hear(rows, state):
        heard = compiled([rows, state])
        return heard[0], heard[1]

    return hear


def test_it_says_what_numpy_says_and_goes_on_from_its_state(networks, hear):
    rows = np.random.default_rng(1).random((2 * FRAMES, beatnet_graph.FEATURES), np.float32)
    state = np.zeros(beatnet_graph.state_shape(len(networks)), np.float32)

    first, state = hear(rows[:FRAMES], state)
    second, _ = hear(rows[FRAMES:], state)

    heard = np.concatenate([first, second])
    np.testing.assert_allclose(heard.sum(1), 1, atol=1e-5)
    expected = np.mean([plain(rows, weights) for weights in networks], 0)
    np.testing.assert_allclose(heard, expected, atol=2e-5)


def plain(rows, weights):
    """Return the probabilities of one network, frame by frame."""
    x = np.stack([front(row, weights) for row in rows])
    for layer in range(beatnet_graph.LAYERS):
        x = lstm(x, weights, layer)
    scores = x @ weights["linear.weight"].T + weights["linear.bias"]
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def front(row, weights):
    kernels = weights["conv1.weight"][:, 0]
    windows = np.lib.stride_tricks.sliding_window_view(row, kernels.shape[1])
    x = np.maximum(0, windows @ kernels.T + weights["conv1.bias"]).T
    even = x.shape[1] // 2 * 2
    pooled = np.maximum(x[:, 0:even:2], x[:, 1:even:2])
    return weights["linear0.weight"] @ pooled.ravel() + weights["linear0.bias"]


def lstm(x, weights, layer):
    hidden = cell = np.zeros(beatnet_graph.HIDDEN, np.float32)
    bias = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
    outputs = []
    for row in x:
        gates = weights[f"lstm.weight_ih_l{layer}"] @ row + bias
        gates = gates + weights[f"lstm.weight_hh_l{layer}"] @ hidden
        inputs, forget, change, output = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(inputs) * np.tanh(change)
        hidden = sigmoid(output) * np.tanh(cell)
        outputs.append(hidden)
    return np.stack(outputs)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
