"""The networks' graphs in half precision: nothing in them grows beyond what it holds.

On a CPU that has none, too: see tests/fixtures/half_precision.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from soundforge.engines import demucs_border, openvino_cpu, roformer_graph, skeleton, weights
from soundforge.engines.roformer_bands import Bands
from tests.fixtures import demucs_weights, roformer_weights
from tests.fixtures.half_precision import halve

RATE_HZ = 44100
# Of random weights: the trained ones are for the self-test. A mistake leaves 0 dB and less.
ENOUGH_DB = 25.0


def test_rounding_does_what_half_precision_does():
    from openvino import opset13 as op

    x = op.parameter([4], np.float32)
    overflows = set()
    doubled = op.multiply(x, op.constant(np.float32(2)))
    model = openvino_cpu.load().Model([op.multiply(doubled, op.constant(np.float32(1)))], [x])
    rounded = openvino_cpu.compile_model(halve(model, overflows))

    found = rounded([np.array([35_000, (1 + 2**-12) / 2, 1e-9, 3], np.float32)])[0]

    np.testing.assert_array_equal(found, [np.inf, 1, 0, 6])
    assert [name.partition(" ")[0] for name in overflows] == ["Multiply"]


@pytest.mark.parametrize(
    ("family", "samples", "is_compared"),
    # Their first layers have more than 65504 steps: more than half precision can count.
    [("htdemucs", skeleton.HTDEMUCS_SAMPLES, False), ("hdemucs", 270_000, True)],
)
def test_the_demucs_networks_stay_within_half_precision(family, samples, is_compared):
    arrays = demucs_weights.random_arrays(family)
    border = demucs_border.Border(samples)
    x, xt, level = border.enter(loud_music(samples))

    def stems(model):
        request = openvino_cpu.compile_model(model).create_infer_request()
        request.infer([x, xt])
        return border.leave(*(request.get_output_tensor(at).data for at in range(2)), level)

    overflows = set()
    rough = stems(halve(skeleton.network_for(family, arrays, samples, range(4)), overflows))

    assert overflows == set()
    assert np.isfinite(rough).all()
    if is_compared:  # the larger one would take too long
        exact = stems(skeleton.network_for(family, arrays, samples, range(4)))
        assert sdr_db(exact, rough) > ENOUGH_DB


def test_the_roformer_stays_within_half_precision():
    published = weights.description("mel_roformer_kim").network
    network = replace(published, depth=1, segment=50 * published.hop)
    arrays = roformer_weights.random_arrays(network)
    widths = Bands(network.bands, network.fft_size, RATE_HZ).widths
    levelled = np.random.default_rng(0).standard_normal((network.frames, sum(widths)), np.float32)
    overflows = set()

    rough, exact = (
        openvino_cpu.compile_model(model)([levelled])[0]
        for model in (
            halve(roformer_graph.build(network, RATE_HZ, arrays, [0]), overflows),
            roformer_graph.build(network, RATE_HZ, arrays, [0]),
        )
    )

    assert overflows == set()
    assert sdr_db(exact, rough) > ENOUGH_DB


def loud_music(samples):
    rng = np.random.default_rng(5)
    t_s = np.arange(samples) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * f * t_s) for f in (55, 331, 1760))
    beats = rng.standard_normal(samples) * np.exp(-12 * (t_s % 0.5))
    return np.clip(np.stack([2 * tones + beats, tones - beats]), -1, 1).astype(np.float32)


def sdr_db(exact, rough):
    error = np.square(exact.astype(np.float64) - rough).sum()
    return 10 * np.log10(np.square(exact.astype(np.float64)).sum() / error)
