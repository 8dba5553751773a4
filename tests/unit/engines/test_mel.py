"""Mel levels: the filters and the range that is kept."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import mel, spectrum


def test_a_tone_is_strongest_in_the_band_around_it():
    time_s = np.arange(22_050) / 22_050
    (block,) = spectrum.cut([np.sin(2 * np.pi * 1000 * time_s).astype(np.float32)])

    levels = mel.mel_db(block)

    strongest = levels[20].argmax()
    edges_hz = spectrum.BIN_HZ[np.flatnonzero(mel.filters()[:, strongest])[[0, -1]]]
    assert levels.shape == (44, 128)
    assert edges_hz[0] < 1000 < edges_hz[1]


def test_bands_cover_everything_up_to_half_the_sample_rate():
    coverage = mel.filters().sum(axis=1)

    assert (coverage[1:-1] > 0).all()


def test_silence_is_at_the_floor():
    (block,) = spectrum.cut([np.zeros(1000, np.float32)])

    assert mel.mel_db(block) == pytest.approx(-100.0)


def test_levels_are_raised_to_80_db_below_the_loudest_of_all_parts():
    quiet, loud = np.full((2, 3), -90, np.float32), np.full((2, 3), 10, np.float32)

    clipped = list(mel.clipped([quiet, loud]))

    assert clipped[0].max() == clipped[0].min() == -70
    assert clipped[1].max() == 10
