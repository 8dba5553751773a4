"""Samples to spectra and back, for hops that do not divide the frame."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.roformer_border import Border


def noise(samples):
    return np.random.default_rng(2).standard_normal((2, samples)).astype(np.float32)


@pytest.mark.parametrize(("size", "hop"), [(512, 147), (512, 128), (2048, 441), (64, 31)])
def test_what_is_taken_apart_comes_together_again(size, hop):
    mix = noise(40 * hop)
    border = Border(40 * hop, size, hop)

    np.testing.assert_allclose(border.leave(border.enter(mix)), mix, atol=1e-5)


def test_frames_are_centred_and_the_ends_mirrored():
    mix = noise(147 * 20)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    around = np.concatenate([mix[0, 256:0:-1], mix[0], mix[0, -2:-258:-1]])

    spectra = Border(147 * 20, 512, 147).enter(mix)

    assert spectra.shape == (2, 21, 257)
    for frame in (0, 7, 20):
        expected = np.fft.rfft(around[frame * 147 : frame * 147 + 512] * window)
        np.testing.assert_allclose(spectra[0, frame], expected, atol=1e-3)
