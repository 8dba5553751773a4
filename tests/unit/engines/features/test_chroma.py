"""Chroma as a finding; the method is tested in `test_chromagram`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fixtures.listening import RATE_HZ, find, notes


def test_a_chord_has_its_three_notes_on_top():
    finding = find(notes(3, 60, 64, 67), "chroma")

    assert set(np.argsort(finding.value["mean"])[-3:]) == {0, 4, 7}
    assert finding.matrices["chroma"].shape == (12, 1 + 3 * RATE_HZ // 512)


def test_tuning_is_told_in_cents():
    assert find(notes(3, 69, cents=20), "chroma").value["tuning_cents"] == pytest.approx(20, abs=5)


def test_silence_has_no_pitch_classes():
    expected = {"mean": None, "std": None, "tuning_cents": None}

    assert find(np.zeros(RATE_HZ), "chroma").value == expected
