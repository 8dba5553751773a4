"""One look over the whole mix: length, level, identity, the stretches to measure with."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.engines import survey


class Mix:
    """Samples in blocks."""

    def __init__(self, samples, block=333):
        self._samples, self._block = samples, block
        self.expected_frames = None

    def blocks(self):
        for at in range(0, len(self._samples), self._block):
            yield self._samples[at : at + self._block]


def noise(frames, level=0.1):
    return (np.random.default_rng(frames).standard_normal((frames, 2)) * level).astype(np.float32)


def test_level_and_length_are_those_of_the_mono_mix():
    samples = noise(5000) + np.float32(0.2)
    mix = Mix(samples)

    found = survey.survey(mix, 100)

    mono = samples.mean(axis=1)
    assert (found.frames, mix.expected_frames) == (5000, 5000)
    assert found.mean == pytest.approx(mono.mean(), rel=1e-5)
    assert found.std == pytest.approx(mono.std(ddof=1), rel=1e-5)


@pytest.mark.parametrize("frames", [1, 2, 99, 100, 101])
def test_short_mixes_have_a_level_too(frames):
    found = survey.survey(Mix(noise(frames)), 100)

    assert found.frames == frames
    assert np.isfinite([found.mean, found.std]).all()


def test_the_identity_depends_on_the_samples_only():
    samples = noise(5000)
    other = samples.copy()
    other[3000, 1] += 1e-6

    digests = {survey.survey(Mix(samples, block), 100).digest for block in (1, 64, 5000)}

    assert len(digests) == 1
    assert survey.survey(Mix(other), 100).digest not in digests


def test_the_loudest_and_the_quietest_stretch_are_kept_and_silence_is_not():
    parts = [noise(100, 0.1), np.zeros((100, 2), np.float32), noise(100, 0.5), noise(100, 0.01)]

    found = survey.survey(Mix(np.concatenate(parts)), 100)

    np.testing.assert_array_equal(found.loudest.T, parts[2])
    np.testing.assert_array_equal(found.quietest.T, parts[3])


def test_silence_has_stretches_too():
    found = survey.survey(Mix(np.zeros((500, 2), np.float32)), 100)

    assert found.std == 0
    assert found.loudest.shape == found.quietest.shape == (2, 100)
