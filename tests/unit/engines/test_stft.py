"""The transform: what is taken apart is put together again, whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines import stft


def through(samples, cuts, size=64, hop=16):
    """Take ``samples`` apart and put them together, in blocks that end at ``cuts``."""
    analyzer = stft.Analyzer(size, hop, len(samples))
    synthesizer = stft.Synthesizer(size, hop, len(samples))
    made = [
        synthesizer.push(analyzer.push(block)) for block in np.split(samples, sorted(cuts), axis=1)
    ]
    made += [synthesizer.push(analyzer.finish()), synthesizer.finish()]
    return np.concatenate(made, axis=1)


@given(
    st.integers(1, 500),
    st.lists(st.integers(0, 500), max_size=5),
    st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_any_length_in_any_blocks_comes_back(length, cuts, seed):
    samples = np.random.default_rng(seed).standard_normal((2, length)).astype(np.float32)

    back = through(samples, [min(cut, length) for cut in cuts])

    assert back.shape[1] >= length
    np.testing.assert_allclose(back[:, :length], samples, atol=1e-5)


@pytest.mark.parametrize(("length", "frames"), [(1, 2), (16, 2), (17, 3), (160, 11)])
def test_the_count_of_frames_is_that_of_centred_framing(length, frames):
    analyzer = stft.Analyzer(64, 16, 1)

    first = analyzer.push(np.ones((1, length), np.float32))
    rest = analyzer.finish()

    assert first.shape[1] + rest.shape[1] == frames


def test_a_frame_is_the_windowed_transform_around_its_centre():
    samples = np.random.default_rng(1).standard_normal((1, 400)).astype(np.float32)
    analyzer = stft.Analyzer(64, 16, 1)

    spectra = np.concatenate([analyzer.push(samples), analyzer.finish()], axis=1)

    centre = 10 * 16
    expected = np.fft.rfft(samples[0, centre - 32 : centre + 32] * stft.hann(64))
    np.testing.assert_allclose(spectra[0, 10], expected, atol=1e-4)
