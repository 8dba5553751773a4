"""The bands of the RoFormer networks: cut to one level, joined by their mean."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.roformer_bands import Bands

# The published network's: 60 bands of 2048 samples at 44.1 kHz, four numbers for each frequency.
FREQUENCIES = [
    *[7, *[6] * 14, 7, 7, 7, 9, 9, 9, 10, 10, 11, 13, 13, 13, 15, 16, 17, 19, 20, 20, 22, 24],
    *[26, 28, 29, 31, 33, 36, 39, 41, 44, 47, 50, 54, 57, 61, 66, 71, 76, 80, 86, 93, 99],
    *[105, 113, 122, 130],
]


@pytest.fixture(scope="module")
def bands():
    return Bands(60, 2048, 44100)


def spectra(frames=3, bins=1025):
    rng = np.random.default_rng(1)
    parts = rng.standard_normal((2, 2, frames, bins)).astype(np.float32)
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


def test_the_bands_are_those_the_published_network_was_trained_with(bands):
    assert bands.widths == [4 * count for count in FREQUENCIES]


def test_a_band_has_the_same_level_however_loud_it_is(bands):
    loud, quiet = bands.cut(spectra() * 1000), bands.cut(spectra() * np.float32(1e-5))

    np.testing.assert_allclose(loud, quiet, rtol=1e-4, atol=1e-6)
    first = loud[:, : bands.widths[0]]
    np.testing.assert_allclose(np.square(first).mean(axis=1), 1, rtol=1e-5)


def test_numbers_lie_by_frequency_then_channel_then_real_and_imaginary(bands):
    one = np.zeros((2, 1, 1025), np.complex64)
    one[1, 0, 2] = 3 + 4j

    cut = bands.cut(one)[0, : bands.widths[0]]

    assert cut[2 * 4 + 2] / cut[2 * 4 + 3] == pytest.approx(3 / 4)
    assert np.count_nonzero(cut) == 2


def test_silence_stays_silence(bands):
    np.testing.assert_array_equal(bands.cut(np.zeros((2, 2, 1025), np.complex64)), 0)


def test_where_bands_overlap_the_mean_of_what_they_say_counts(bands):
    masks = np.zeros((1, sum(bands.widths)), np.float32)
    masks[0, 0::2] = np.repeat(np.arange(60), np.array(bands.widths) // 2)

    joined = bands.join(masks)

    assert joined.shape == (2, 1, 1025)
    assert joined[0, 0, 0] == 0
    assert joined[1, 0, -1] == 59
    steps = np.unique(joined.real)
    np.testing.assert_allclose(steps * 2, np.round(steps * 2))
    assert 0.5 in steps


def test_every_number_comes_back_where_it_was(bands):
    given = spectra()
    joined = given.transpose(1, 2, 0).reshape(3, -1)
    masks = joined.take(bands._pairs, axis=1).view(np.float32)

    np.testing.assert_allclose(bands.join(masks), given, rtol=1e-6)


@pytest.mark.parametrize(("count", "size"), [(8, 512), (30, 1024), (60, 4096)])
def test_other_numbers_of_bands_cover_every_frequency(count, size):
    bands = Bands(count, size, 48000)

    joined = bands.join(np.ones((1, sum(bands.widths)), np.float32))

    assert joined.shape == (2, 1, size // 2 + 1)
    np.testing.assert_array_equal(joined, np.complex64(1 + 1j))
