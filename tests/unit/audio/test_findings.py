"""The shapes of findings are what the features say: no field more, none less, in their ranges."""

from __future__ import annotations

import numpy as np
import pytest

from soundforge.audio import analyzer, findings
from soundforge.audio.findings import Findings
from soundforge.engines import analyze
from tests.fixtures.audio import clicks
from tests.fixtures.listening import FEATURES, RATE_HZ, find, in_blocks, listen, noise, notes

CASES = {
    "silence": np.zeros(RATE_HZ),
    "noise": noise(2),
    "a chord": notes(2, 57, 60, 64),
    "clicks": clicks(3, rate_hz=RATE_HZ),
    "one sample": np.ones(1),
    "far over full scale": noise(1) * 9000,
}


def song():
    """Return 24 s in which a quiet part in C goes over into a loud one in F sharp, with beats."""
    quiet = 0.05 * notes(12, 48, 60, 64, 67)
    loud = notes(12, 54, 66, 70, 73)
    beats = clicks(24, 120, rate_hz=RATE_HZ)
    whole = np.concatenate([quiet, loud])
    return 0.4 * whole + 0.4 * np.reshape(beats, (len(beats), -1))[: len(whole), 0]


def test_there_is_a_shape_for_every_feature():
    assert tuple(Findings.model_fields) == analyzer.FEATURES


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FEATURES)
def test_what_a_feature_says_has_its_shape(name, case):
    finding = find(CASES[case], name)

    Findings.model_validate({name: finding.value}, strict=True)
    assert finding.matrices.keys() <= findings.MATRICES.keys()


def test_all_that_is_found_in_a_song_has_its_shape():
    found = analyze.conclude(listen(in_blocks(song()), *FEATURES), FEATURES, lambda *_, **__: None)

    whole = Findings.model_validate({name: one.value for name, one in found.items()}, strict=True)
    assert whole.beats is not None
    assert whole.beats.beats_s
    matrices = {name for one in found.values() for name in one.matrices}
    of_the_file = {"frame_rate_hz", "sample_rate_hz", "hop_length", "frame_length"}
    assert matrices | of_the_file == findings.MATRICES.keys()
