"""The graph of the RoFormer networks against the same mathematics in plain numpy, random weights."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from soundforge.engines import openvino_cpu, roformer_graph
from soundforge.engines.roformer_bands import Bands
from tests.fixtures.roformer_weights import NETWORK, RATE_HZ, random_arrays

SMALL = replace(NETWORK, segment=147 * 10)


@pytest.fixture(scope="module")
def arrays():
    return random_arrays(SMALL)


@pytest.fixture(scope="module")
def rows():
    widths = Bands(SMALL.bands, SMALL.fft_size, RATE_HZ).widths
    return np.random.default_rng(5).standard_normal((SMALL.frames, sum(widths))).astype(np.float32)


@pytest.fixture(scope="module")
def expected(arrays, rows):
    return plain(rows.astype(float), arrays)


@pytest.mark.parametrize("sources", [(0, 1), (1,), (1, 0)])
def test_it_says_what_numpy_says_for_any_of_its_sources(sources, arrays, rows, expected):
    model = openvino_cpu.compile_model(
        roformer_graph.build(SMALL, RATE_HZ, arrays, sources), threads=1
    )

    found = model(rows)

    assert len(found) == len(sources)
    for at, source in enumerate(sources):
        np.testing.assert_allclose(found[at], expected[source], atol=2e-4)


def test_silence_gives_numbers(arrays, rows):
    graph = roformer_graph.build(SMALL, RATE_HZ, arrays, (0,))

    for precision in ("f32", "f16"):
        model = openvino_cpu.compile_model(graph, threads=1, precision=precision)
        assert np.isfinite(model(np.zeros_like(rows))[0]).all()


def plain(rows, arrays):
    """Return one mask for each source; the dimensions are (frames, bands, width)."""
    widths = Bands(SMALL.bands, SMALL.fft_size, RATE_HZ).widths
    parts = np.split(rows, np.cumsum(widths)[:-1], axis=1)
    x = np.stack(
        [
            linear(part * arrays[f"band_split.to_features.{b}.0.gamma"], arrays, feature(b))
            for b, part in enumerate(parts)
        ],
        axis=1,
    )
    for pair in range(SMALL.depth):
        x = transformer(x.swapaxes(0, 1), arrays, f"layers.{pair}.0", SMALL.time_depth)
        x = transformer(x.swapaxes(0, 1), arrays, f"layers.{pair}.1", SMALL.band_depth)
    return [
        np.concatenate([mask(x[:, b], arrays, source, b) for b in range(SMALL.bands)], axis=1)
        for source in range(len(SMALL.sources))
    ]


def feature(band):
    return f"band_split.to_features.{band}.1"


def linear(x, arrays, path):
    return x @ arrays[f"{path}.weight"].T + arrays[f"{path}.bias"]


def norm(x, gamma):
    return x / np.linalg.norm(x, axis=-1, keepdims=True) * np.sqrt(x.shape[-1]) * gamma


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2


def transformer(x, arrays, path, depth):
    for layer in range(depth):
        x = x + attention(x, arrays, f"{path}.layers.{layer}.0")
        feed = f"{path}.layers.{layer}.1.net"
        inner = gelu(linear(norm(x, arrays[f"{feed}.0.gamma"]), arrays, f"{feed}.1"))
        x = x + linear(inner, arrays, f"{feed}.4")
    return norm(x, arrays[f"{path}.norm.gamma"])


def attention(x, arrays, path):
    x = norm(x, arrays[f"{path}.norm.gamma"])
    parts = (x @ arrays[f"{path}.to_qkv.weight"].T).reshape(*x.shape[:2], 3, SMALL.heads, -1)
    query, key, value = parts.transpose(2, 0, 3, 1, 4)
    query, key = (turned(part, arrays[f"{path}.rotary_embed.freqs"]) for part in (query, key))
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(SMALL.head_width)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    found = shares / shares.sum(axis=-1, keepdims=True) @ value
    gates = sigmoid(linear(x, arrays, f"{path}.to_gates")).swapaxes(1, 2)
    found = (found * gates[..., None]).swapaxes(1, 2)
    return found.reshape(*x.shape[:2], -1) @ arrays[f"{path}.to_out.0.weight"].T


def turned(x, rates):
    """Turn neighbouring numbers as one complex number, by the angle of their position."""
    angles = np.arange(x.shape[-2])[:, None] * rates
    pairs = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angles)
    return np.stack([pairs.real, pairs.imag], axis=-1).reshape(x.shape)


def mask(x, arrays, source, band):
    path = f"mask_estimators.{source}.to_freqs.{band}.0"
    for step in range(SMALL.mask_depth):
        x = np.tanh(linear(x, arrays, f"{path}.{2 * step}"))
    value, gate = np.split(linear(x, arrays, f"{path}.{2 * SMALL.mask_depth}"), 2, axis=1)
    return value * sigmoid(gate)
