"""The loudness meter against the figures of the standards."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import loudness_meter
from soundforge.engines.loudness_meter import LoudnessMeter

RATE_HZ = 48_000


def tone(duration_s, level_dbfs, *, hz=1000.0, rate_hz=RATE_HZ, channels=2, phase=0.0):
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * hz * time_s + phase)
    return np.tile(wave.astype(np.float32), (channels, 1))


def measured(*parts, rate_hz=RATE_HZ, frames=65_536):
    meter = LoudnessMeter(rate_hz)
    planes = np.concatenate(parts, axis=1)
    for at in range(0, planes.shape[1], frames):
        meter.hear(planes[:, at : at + frames])
    return meter


def test_the_weighting_at_48_khz_is_the_standards():
    # BS.1770-5, tables 1 and 2.
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285]
    shelf += [1.0, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]

    weighting = loudness_meter._weighting(48_000)

    np.testing.assert_allclose(weighting, [shelf, high_pass], atol=1e-8)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_a_stereo_tone_has_its_level_at_any_rate(rate_hz):
    meter = measured(tone(5, -23, rate_hz=rate_hz), rate_hz=rate_hz)

    # EBU Tech 3341, case 1: -23 LUFS within 0.1.
    assert meter.integrated_lufs == pytest.approx(-23, abs=0.1)


def test_one_channel_has_half_the_power_of_two():
    assert measured(tone(5, -20, channels=1)).integrated_lufs == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected_lufs"),
    [
        # EBU Tech 3341, cases 3 to 5, four times as fast.
        ([(2.5, -36), (15, -23), (2.5, -36)], -23),
        ([(2.5, -72), (2.5, -36), (15, -23), (2.5, -36), (2.5, -72)], -23),
        ([(5, -26), (5.025, -20), (5, -26)], -23),
    ],
)
def test_what_is_soft_is_gated(levels, expected_lufs):
    meter = measured(*(tone(duration_s, level) for duration_s, level in levels))

    assert meter.integrated_lufs == pytest.approx(expected_lufs, abs=0.1)


@pytest.mark.parametrize(
    ("levels", "expected_lu"),
    [([-20, -30], 10), ([-20, -15], 5), ([-40, -20], 20)],
)
def test_the_range_is_that_of_the_passages(levels, expected_lu):
    # EBU Tech 3342, cases 1 to 3: within 1 LU.
    meter = measured(*(tone(20, level) for level in levels))

    assert meter.range_lu == pytest.approx(expected_lu, abs=1)


@pytest.mark.parametrize(
    ("hz", "phase"),
    [(RATE_HZ / 4, 0.0), (RATE_HZ / 4, np.pi / 4), (RATE_HZ / 6, np.pi / 3), (997.0, 0.3)],
)
def test_the_true_peak_is_found_between_the_samples(hz, phase):
    # EBU Tech 3341, cases 15 to 18: -6.0 dBTP, +0.2 / -0.4.
    # It fades in: an edge would swing beyond its height, and rightly so.
    fade = np.minimum(1, np.arange(2 * RATE_HZ) / RATE_HZ).astype(np.float32)

    peak = measured(fade * tone(2, -6, hz=hz, phase=phase)).true_peak_dbtp

    assert -6.4 <= peak <= -5.8


def test_the_true_peak_is_that_of_plain_oversampling():
    import scipy.signal

    rough = np.random.default_rng(5).uniform(-1, 1, (2, 5_000)).astype(np.float32)
    signal = scipy.signal.resample_poly(rough, 3, 2, axis=1)

    peak = 10 ** (measured(signal, frames=777).true_peak_dbtp / 20)

    everywhere = np.abs(scipy.signal.resample_poly(signal, 8, 1, axis=1)).max()
    # A short filter against a long one; what matters is that no peak is missed.
    assert peak == pytest.approx(everywhere, rel=0.03)


def test_the_answer_does_not_depend_on_the_blocks():
    signal = np.random.default_rng(1).normal(0, 0.1, (2, 5 * RATE_HZ)).astype(np.float32)

    whole, pieces = measured(signal, frames=10**6), measured(signal, frames=999)

    assert whole.integrated_lufs == pytest.approx(pieces.integrated_lufs, abs=1e-4)
    assert whole.range_lu == pytest.approx(pieces.range_lu, abs=1e-4)
    assert whole.true_peak_dbtp == pytest.approx(pieces.true_peak_dbtp, abs=1e-3)


def test_the_low_channel_of_surround_does_not_count():
    planes = np.repeat(tone(3, -200, channels=1), 6, axis=0)
    planes[3] = tone(3, -10, channels=1)

    assert measured(planes).integrated_lufs is None


def test_silence_has_no_loudness():
    meter = measured(np.zeros((2, 5 * RATE_HZ), np.float32))

    assert (meter.integrated_lufs, meter.range_lu, meter.true_peak_dbtp) == (None, None, None)


def test_what_is_too_short_has_a_peak_only():
    meter = measured(tone(0.3, -6))

    assert (meter.integrated_lufs, meter.range_lu) == (None, None)
    assert meter.true_peak_dbtp == pytest.approx(-6, abs=0.1)


def test_a_rate_below_the_weighting_has_no_loudness():
    assert measured(tone(5, -6, hz=100, rate_hz=2000), rate_hz=2000).integrated_lufs is None
