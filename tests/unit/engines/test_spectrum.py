"""The shared pass: blocks of frames that do not depend on how the samples arrived."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import spectrum
from tests.fixtures.listening import noise

SECONDS = 8  # more than one block


def whole_frames(signal):
    padded = np.pad(signal, spectrum.FRAME_LENGTH // 2)
    count = 1 + len(signal) // spectrum.HOP_LENGTH
    starts = np.arange(count)[:, None] * spectrum.HOP_LENGTH
    return padded[starts + np.arange(spectrum.FRAME_LENGTH)]


@given(cuts=st.lists(st.integers(0, SECONDS * spectrum.SAMPLE_RATE_HZ), max_size=5))
def test_frames_do_not_depend_on_how_the_samples_arrive(cuts):
    signal = noise(SECONDS)

    blocks = list(spectrum.cut(np.split(signal, sorted(cuts))))

    frames = np.concatenate([block.frames for block in blocks])
    np.testing.assert_array_equal(frames, whole_frames(signal))


@pytest.mark.parametrize("samples", [1, 511, 512, 1023, 1024, 2047, 2048, 2049, 130_000, 132_608])
def test_n_samples_make_one_frame_more_than_they_have_hops(samples):
    blocks = list(spectrum.cut([noise(samples / spectrum.SAMPLE_RATE_HZ)]))

    assert sum(len(block.frames) for block in blocks) == 1 + samples // spectrum.HOP_LENGTH


@given(cuts=st.lists(st.integers(0, SECONDS * spectrum.SAMPLE_RATE_HZ), max_size=5))
def test_every_fourth_frame_has_a_wide_one_with_the_same_centre(cuts):
    signal = noise(SECONDS)

    blocks = list(spectrum.cut(np.split(signal, sorted(cuts))))

    wide = np.concatenate([block.wide_frames for block in blocks])
    beside = (spectrum.WIDE_LENGTH - spectrum.FRAME_LENGTH) // 2
    np.testing.assert_array_equal(wide[:, beside:-beside], whole_frames(signal)[::4])
    np.testing.assert_array_equal(wide[2], signal[: spectrum.WIDE_LENGTH])


def test_no_samples_make_no_blocks():
    assert list(spectrum.cut([])) == []
    assert list(spectrum.cut([np.zeros(0, np.float32)])) == []


def test_padding_is_told_from_the_recording():
    signal = noise(SECONDS)

    blocks = list(spectrum.cut([signal]))

    real = [block.samples[block.real] for block in blocks]
    np.testing.assert_array_equal(real[0], signal[: len(real[0])])
    np.testing.assert_array_equal(real[-1], signal[-len(real[-1]) :])


def test_a_full_scale_sine_has_magnitude_512():
    time_s = np.arange(spectrum.SAMPLE_RATE_HZ) / spectrum.SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * spectrum.BIN_HZ[100] * time_s).astype(np.float32)

    (block,) = spectrum.cut([sine])

    assert block.magnitude[10].argmax() == 100
    assert block.magnitude[10].max() == pytest.approx(512, rel=1e-4)
    assert block.magnitude.dtype == np.float32


def test_sums_over_frames_equal_the_plain_ones():
    (block,) = spectrum.cut([noise(2)])

    sums = block.framewise_sum(np.square(block.samples))

    np.testing.assert_allclose(sums, np.square(block.frames).sum(axis=1), rtol=1e-5)


def test_every_measure_is_taken_on_every_frame():
    measures = {"rows": lambda block: np.ones((len(block.frames), 3), np.float32)}

    columns = spectrum.measure([noise(SECONDS)], measures)

    assert np.concatenate(columns["rows"]).shape == (1 + SECONDS * 22_050 // 512, 3)
