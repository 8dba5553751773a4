"""A recording as models want it: stereo, finite, the right rate, the right length."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from soundforge.engines import decode
from soundforge.engines.mix import Mix, to_stereo
from soundforge.engines.runtime import EngineError

RATE_HZ = 44100


def written(tmp_path, samples, sample_rate_hz=RATE_HZ, subtype="FLOAT"):
    path = tmp_path / "song.wav"
    soundfile.write(path, samples, sample_rate_hz, subtype, format="WAV")
    return path


def read(path):
    mix = Mix(path, RATE_HZ)
    return mix, np.concatenate(list(mix.blocks()))


def test_stereo_at_the_models_rate_is_untouched(tmp_path):
    samples = np.random.default_rng(0).uniform(-1, 1, (70000, 2)).astype(np.float32)

    mix, found = read(written(tmp_path, samples))

    np.testing.assert_array_equal(found, samples)
    assert mix.frames == mix.expected_frames == 70000


def test_mono_goes_to_both_sides(tmp_path):
    samples = np.random.default_rng(0).uniform(-1, 1, 1000).astype(np.float32)

    _, found = read(written(tmp_path, samples))

    np.testing.assert_array_equal(found, np.stack([samples, samples], axis=1))


@pytest.mark.parametrize(
    ("channel", "left", "right"),
    [(0, 1.0, 0.0), (1, 0.0, 1.0), (2, 0.7071, 0.7071), (3, 0, 0), (4, 0.7071, 0), (5, 0, 0.7071)],
    ids=["left", "right", "centre", "low", "surround left", "surround right"],
)
def test_each_channel_of_5_1_goes_to_its_place(channel, left, right):
    block = np.zeros((1, 6), np.float32)
    block[0, channel] = 1

    stereo = to_stereo(block)

    share = 1 + 2 * 0.7071
    np.testing.assert_allclose(stereo, [[left / share, right / share]], atol=1e-4)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8, 9, 32])
def test_full_scale_in_every_channel_stays_full_scale(channels):
    stereo = to_stereo(np.ones((4, channels), np.float32))

    np.testing.assert_allclose(stereo, np.ones((4, 2)), rtol=1e-6)


def test_what_is_not_a_number_is_silence(tmp_path):
    samples = np.full((100, 2), 0.5, np.float32)
    samples[3, 0], samples[4, 1], samples[5, 0], samples[6, 0] = np.nan, np.inf, -np.inf, 1e30

    mix, found = read(written(tmp_path, samples))

    assert mix.mended_samples == 4
    assert np.isfinite(found).all()
    assert found[3, 0] == found[4, 1] == found[5, 0] == found[6, 0] == 0
    assert found[3, 1] == 0.5


@pytest.mark.parametrize("sample_rate_hz", [8000, 22050, 48000, 96000])
def test_other_rates_become_the_models_with_no_delay(tmp_path, sample_rate_hz):
    t_s = np.arange(sample_rate_hz) / sample_rate_hz
    tone = np.sin(2 * np.pi * 440 * t_s).astype(np.float32)

    mix, found = read(written(tmp_path, tone, sample_rate_hz))

    expected = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)
    assert mix.frames == len(found) == RATE_HZ
    # The resampler's filter needs a few milliseconds at both ends.
    np.testing.assert_allclose(found[2000:-2000, 0], expected[2000:-2000], atol=1e-3)


def test_one_sample_is_kept(tmp_path):
    mix, found = read(written(tmp_path, np.full((1, 1), 0.25), 96000))

    assert found.shape == (decode.resampled_frames(1, 96000, RATE_HZ), 2) == (1, 2)
    assert mix.frames == 1


def test_a_file_without_a_frame_has_no_audio(tmp_path):
    with pytest.raises(EngineError) as refusal:
        read(written(tmp_path, np.zeros((0, 2))))

    assert refusal.value.code == "no_audio"
