"""Notes in words."""

from __future__ import annotations

import pytest

from soundforge.audio import transcriber
from soundforge.web import song_words
from soundforge.web.studio import NotesView, StageView

DONE = StageView("transcribe", "completed")


@pytest.mark.parametrize(
    ("counts", "quantise", "said"),
    [
        ((("Bass", 120), ("Drums", 310)), "1/8", "Bass 120 and drums 310 notes, on eighths."),
        ((("Bass", 1),), None, "Bass 1 note, as they were played."),
        ((("Bass", 2), ("Vocals", 0)), None, "Bass 2 notes, as they were played."),
        ((("Bass", 0),), "1/4", "No notes were heard."),
        ((), None, "No notes were heard."),
    ],
)
def test_what_is_in_the_file_is_told(counts, quantise, said):
    assert song_words.counted(NotesView(DONE, "/midi", counts, quantise)) == said


def test_every_grid_has_words():
    assert set(song_words.GRIDS) == {"", *transcriber.GRIDS}
