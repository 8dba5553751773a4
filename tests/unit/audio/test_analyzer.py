"""Which features a list of names means, and what becomes of an answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from soundforge import errors
from soundforge.audio import analyzer

ALL = (
    "beats",
    "chords",
    "chroma",
    "cues",
    "energy",
    "key",
    "loops",
    "loudness",
    "mfcc",
    "onsets",
    "sections",
    "spectral",
    "tempo",
)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["all"], ALL),
        (["full"], ALL),
        (["beats"], ("beats",)),
        (["tempo"], ("tempo",)),
        (["tempo", "key", "tempo"], ("key", "tempo")),
        (["spectral"], ("spectral",)),
        (["energy"], ("energy",)),
        (["mfcc", "chroma"], ("chroma", "mfcc")),
        (["tempo", "all"], ALL),
    ],
)
def test_features_and_types_both_select(names, expected):
    assert analyzer.select(names) == expected


@pytest.mark.parametrize(
    "names", [[], [""], ["bpm"], ["TEMPO"], ["tempo", "--help"], ["tempo\n"], ["é" * 10_000]]
)
def test_unknown_names_are_refused(names):
    with pytest.raises(errors.Invalid) as refused:
        analyzer.select(names)

    assert refused.value.code == "unknown_feature"
    assert len(refused.value.message) < 100
    assert "tempo" in refused.value.next_step


@pytest.mark.parametrize(
    ("name", "includes"),
    [("structure", "sections"), ("loops", "loops"), ("arrangement", "cues")],
)
def test_types_bring_the_beats_they_stand_on(name, includes):
    assert {"beats", includes} <= set(analyzer.select([name]))


def test_all_eight_types_are_known():
    assert set(analyzer.TYPES) == {
        "full",
        "tempo",
        "key",
        "spectral",
        "energy",
        "structure",
        "loops",
        "arrangement",
    }


def test_the_door_does_not_load_numpy():
    program = "import sys; import soundforge.audio.analyzer; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
