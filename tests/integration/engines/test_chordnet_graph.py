"""The graph of the chord networks against the same mathematics in plain numpy, random weights."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import chordnet_graph, constant_q, openvino_cpu

FRAMES = 9
POOLED = {"1c": 3, "2c": 3, "3b": 4}


@pytest.fixture(scope="module")
def networks():
    rng = np.random.default_rng(11)
    shapes = chordnet_graph.expected_shapes()
    return [
        {name: rng.normal(0, 0.15, shape).astype(np.float32) for name, shape in shapes.items()}
        for _ in range(2)
    ]


@pytest.fixture(scope="module")
def judge(networks):
    return openvino_cpu.compile_model(chordnet_graph.build(networks), threads=1)


def test_it_says_what_numpy_says(networks, judge):
    rows = np.random.default_rng(1).random((FRAMES, constant_q.BINS), np.float32)

    expected = np.mean([plain(rows.astype(float), weights) for weights in networks], axis=0)

    np.testing.assert_allclose(judge(rows)[0], expected, atol=1e-4)


@pytest.mark.parametrize("frames", [1, 2, 40])
def test_any_number_of_frames_is_judged_and_every_part_adds_up_to_one(judge, frames):
    judged = judge(np.random.default_rng(2).random((frames, constant_q.BINS), np.float32))[0]

    assert judged.shape == (frames, sum(chordnet_graph.PARTS))
    sums = np.add.reduceat(judged, np.cumsum((0, *chordnet_graph.PARTS[:-1])), axis=1)
    np.testing.assert_allclose(sums, 1, atol=1e-4)


def plain(rows, weights):
    """Return the probabilities of one network."""
    x = rows[None]
    for name in ("1a", "1b", "1c", "2a", "2b", "2c", "3a", "3b", "4a", "4b"):
        x = convolve(x, weights, f"audio_feature_block.conv{name}", edge=name[0] != "4")
        x -= x.mean(axis=(1, 2), keepdims=True)
        x /= np.sqrt(x.var(axis=(1, 2), keepdims=True) + 1e-5)
        x = 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))
        x = pool(x, POOLED.get(name, 1))
    features = x.transpose(1, 0, 2).reshape(len(rows), -1)
    forward = lstm(features, weights, "l0")
    backward = lstm(features[::-1], weights, "l0_reverse")[::-1]
    both = np.concatenate([forward, backward], axis=1)
    scores = both @ weights["final_fc1.weight"].T + weights["final_fc1.bias"]
    parts = np.split(scores, np.cumsum(chordnet_graph.PARTS)[:-1], axis=1)
    return np.concatenate([np.exp(p) / np.exp(p).sum(axis=1, keepdims=True) for p in parts], axis=1)


def convolve(x, weights, name, *, edge):
    padded = np.pad(x, ((0, 0), (1, 1), (int(edge), int(edge))))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    convolved = np.einsum("itfkl,oikl->otf", windows, weights[f"{name}.weight"], optimize=True)
    return convolved + weights[f"{name}.bias"][:, None, None]


def pool(x, by):
    kept = x.shape[2] // by * by
    return x[:, :, :kept].reshape(*x.shape[:2], -1, by).max(axis=3)


def lstm(rows, weights, name):
    hidden, cell, after = np.zeros(96), np.zeros(96), []
    bias = weights[f"lstm1.bias_ih_{name}"] + weights[f"lstm1.bias_hh_{name}"]
    for row in rows @ weights[f"lstm1.weight_ih_{name}"].T + bias:
        gates = row + weights[f"lstm1.weight_hh_{name}"] @ hidden
        inputs, forget, change, output = np.split(gates, 4)
        cell = sigmoid(forget) * cell + sigmoid(inputs) * np.tanh(change)
        hidden = sigmoid(output) * np.tanh(cell)
        after.append(hidden)
    return np.array(after)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))
