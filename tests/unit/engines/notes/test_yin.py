"""The pitch of frames whose period is known."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines.notes import yin
from tests.fixtures import audio


def frames(hz):
    return yin.frames_of(audio.tone(0.5, hz, rate_hz=yin.SAMPLE_RATE_HZ)[:, 0])


@pytest.mark.parametrize("hz", [31.0, 41.2, 98.0, 220.5, 390.0])
def test_a_tone_has_its_pitch_within_five_cents(hz):
    found = yin.pitch(frames(hz), 30.0, 400.0)

    assert 1200 * np.abs(np.log2(found.hz / hz)).max() < 5
    assert found.aperiodicity.max() < 0.05


def test_a_tone_without_its_fundamental_still_has_its_pitch():
    missing = frames(110.0 * 2) + frames(110.0 * 3)

    assert yin.pitch(missing, 30.0, 400.0).hz == pytest.approx(110.0, rel=0.01)


def test_noise_has_no_period():
    noise = np.random.default_rng(0).standard_normal(22_050).astype(np.float32)

    found = yin.pitch(yin.frames_of(noise), 30.0, 400.0)

    assert np.quantile(found.aperiodicity, 0.05) > 0.3


def test_silence_has_no_period():
    found = yin.pitch(np.zeros((3, yin.FRAME), np.float32), 30.0, 400.0)

    assert (found.aperiodicity > 0.9).all()
    assert np.isfinite(found.hz).all()


def test_less_than_a_frame_is_no_frame():
    assert len(yin.frames_of(np.zeros(100, np.float32))) == 0
    assert len(yin.pitch(yin.frames_of(np.zeros(0, np.float32)), 30.0, 400.0).hz) == 0
