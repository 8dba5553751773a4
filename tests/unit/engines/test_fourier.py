"""The transforms against numpy's, whichever module does them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import fourier

ROWS = np.random.default_rng(1).normal(0, 1, (3, 40)).astype(np.float32)


@pytest.fixture(params=["light", "public"])
def transforms(request, monkeypatch):
    if request.param == "public":
        monkeypatch.setattr(fourier, "_pocketfft", None)
    return fourier


@pytest.mark.parametrize("length", [None, 40, 24, 25, 64])
def test_it_is_the_transform_of_each_row(transforms, length):
    bins = transforms.rfft(ROWS, length)

    np.testing.assert_allclose(bins, np.fft.rfft(ROWS, length, axis=-1), atol=1e-5)
    assert bins.dtype == np.complex64


@pytest.mark.parametrize("length", [39, 40])
def test_there_and_back_are_the_same_rows(transforms, length):
    rows = ROWS[:, :length]

    back = transforms.irfft(transforms.rfft(rows), length)

    np.testing.assert_allclose(back, rows, atol=1e-6)
    assert back.dtype == np.float32


def test_a_power_spectrum_makes_an_autocorrelation(transforms):
    curve = ROWS[0].astype(np.float64)

    found = transforms.irfft(np.abs(transforms.rfft(curve, 80)) ** 2, 80)

    np.testing.assert_allclose(found[0], np.square(curve).sum())
    np.testing.assert_allclose(found[1], (curve[1:] * curve[:-1]).sum())


def test_frames_of_a_view_are_transformed_where_they_lie(transforms):
    frames = np.lib.stride_tricks.sliding_window_view(ROWS[0], 16)[::4]

    np.testing.assert_allclose(transforms.rfft(frames), np.fft.rfft(frames), atol=1e-5)


@given(st.integers(1, 100_000))
def test_a_fast_length_is_even_at_least_as_long_and_has_small_factors(least):
    length = fourier.fast_length(least)

    assert least <= length < max(3, 1.2 * least + 2)
    assert length % 2 == 0
    for factor in (2, 3, 5):
        while length % factor == 0:
            length //= factor
    assert length == 1


def test_no_import_of_scipy_comes_with_it():
    program = (
        "import sys; import soundforge.engines.fourier as f;"
        "print(f._pocketfft is not None, 'scipy' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert done.stdout.split() == [b"True", b"False"]
