"""What BeatNet hears: the frames of its training, whatever pieces the samples come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines.beat_tracking import beatnet_spectrum
from soundforge.engines.beat_tracking.beatnet_spectrum import Framer

NOISE = np.random.default_rng(1).normal(0, 0.1, 9_000).astype(np.float32)


def rows(samples, *cuts):
    framer = Framer()
    heard = [framer.hear(part) for part in np.split(samples, sorted(cuts))]
    return np.concatenate([*heard, framer.finish()])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, len(NOISE)), max_size=6))
def test_pieces_make_no_difference(cuts):
    # The transforms of several frames at once are rounded in another order.
    np.testing.assert_allclose(rows(NOISE, *cuts), rows(NOISE), atol=1e-6)


@pytest.mark.parametrize("length", [0, 1, 440, 441, 442, 1411, 9_000])
def test_there_is_one_row_for_each_hop_begun(length):
    assert rows(NOISE[:length]).shape == (-(-length // 441), 272)


def test_a_row_is_the_band_levels_of_its_frame():
    padded = np.pad(NOISE, (705, 1411))
    frame = padded[5 * 441 : 5 * 441 + 1411] * np.hanning(1411)
    level = np.log10(1 + np.abs(np.fft.rfft(frame))[:705] @ beatnet_spectrum.filters())

    np.testing.assert_allclose(rows(NOISE)[5, :136], level, atol=1e-5)


def test_the_second_half_is_the_rise():
    both = rows(NOISE)

    np.testing.assert_array_equal(both[0, 136:], 0)
    np.testing.assert_array_equal(both[1:, 136:], np.maximum(0, np.diff(both[:, :136], axis=0)))


def test_filters_have_unit_sum_and_rise_in_frequency():
    filters = beatnet_spectrum.filters()

    assert filters.shape == (705, 136)
    np.testing.assert_allclose(filters.sum(axis=0), 1, rtol=1e-6)
    assert (np.diff(filters.argmax(axis=0)) >= 0).all()
