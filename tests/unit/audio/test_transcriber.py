"""What a file's name tells, and what the door shares with the engine."""

from __future__ import annotations

import subprocess
import sys

import pytest

from soundforge.audio import transcriber
from soundforge.engines.notes import drums, grid


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bass", "bass"),
        ("My Song - Vocals", "vocals"),
        ("song_drums.24bit", "drums"),
        ("bassoon", "other"),
        ("", "other"),
        ("é" * 1000, "other"),
    ],
)
def test_a_files_name_tells_its_stem(name, expected):
    assert transcriber.stem_type(name) == expected


def test_the_door_offers_the_grids_that_the_engine_knows():
    assert set(transcriber.GRIDS) == set(grid.STEPS)


def test_the_door_names_the_drums_that_the_engine_hears():
    assert {name: key for key, name in transcriber.DRUMS.items()} == drums.KEYS


def test_the_door_does_not_load_numpy():
    program = "import sys; import soundforge.audio.transcriber; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
