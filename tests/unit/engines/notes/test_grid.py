"""Notes on a grid: whatever comes in, order and sense stay."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines.notes import Note
from soundforge.engines.notes.grid import STEPS, Ruler, quantise
from soundforge.engines.runtime import EngineError

GRIDS = st.sampled_from(sorted(STEPS))


@st.composite
def rulers(draw):
    gaps = draw(st.lists(st.floats(0.2, 1.5), min_size=1, max_size=20))
    return list(itertools.accumulate(gaps, initial=draw(st.floats(0.0, 3.0))))


@st.composite
def note_lists(draw):
    count = draw(st.integers(0, 20))
    found = []
    for _ in range(count):
        onset_s = draw(st.floats(0.0, 30.0))
        length_s = draw(st.floats(0.0, 4.0))
        found.append(
            Note(onset_s, onset_s + length_s, draw(st.integers(20, 100)), draw(st.floats(0, 1)))
        )
    return sorted(found)


@given(notes=note_lists(), beats_s=rulers(), grid=GRIDS)
def test_quantising_twice_is_quantising_once(notes, beats_s, grid):
    once = quantise(notes, beats_s, grid)

    assert quantise(once, beats_s, grid) == once


@given(notes=note_lists(), beats_s=rulers(), grid=GRIDS)
def test_no_note_is_empty_early_or_twice(notes, beats_s, grid):
    made = quantise(notes, beats_s, grid)

    assert all(note.offset_s > note.onset_s >= 0 for note in made)
    assert len({(note.onset_s, note.pitch) for note in made}) == len(made) <= len(notes)
    assert {note.pitch for note in made} == {note.pitch for note in notes}


@given(notes=note_lists(), beats_s=rulers(), grid=GRIDS)
def test_notes_keep_their_order(notes, beats_s, grid):
    # Pitches of their own, so that each note can be found again.
    notes = [Note(n.onset_s, n.offset_s, pitch, 0.5) for pitch, n in enumerate(notes)]

    made = {note.pitch: note.onset_s for note in quantise(notes, beats_s, grid)}

    onsets = [made[note.pitch] for note in notes]
    assert onsets == sorted(onsets)


@given(beats_s=rulers(), time_s=st.floats(0.0, 60.0))
def test_the_ruler_reads_back_what_it_says(beats_s, time_s):
    ruler = Ruler(beats_s)

    assert ruler.time_at(ruler.beat_at(time_s)) == pytest.approx(time_s, abs=1e-6)


@pytest.mark.parametrize(
    ("grid", "onset_s", "expected_s"),
    [("1/4", 0.7, 0.5), ("1/8", 0.7, 0.75), ("1/16", 0.7, 0.75), ("1/8T", 0.7, 2 / 3)],
)
def test_a_note_goes_to_the_nearest_line(grid, onset_s, expected_s):
    made = quantise([Note(onset_s, onset_s + 0.1, 60, 1.0)], [0.0, 0.5, 1.0], grid)

    assert made[0].onset_s == pytest.approx(expected_s)


@pytest.mark.parametrize(
    "beats_s",
    [[], [1.0], [1.0, 1.0], [2.0, 1.0], [-1.0, 1.0], [0.0, float("nan")], [0.0, 100.0]],
)
def test_beats_that_are_none_are_refused(beats_s):
    with pytest.raises(EngineError) as refused:
        quantise([], beats_s, "1/16")

    assert refused.value.code == "beats_invalid"


def test_an_unknown_grid_is_refused():
    with pytest.raises(EngineError) as refused:
        quantise([], [0.0, 1.0], "1/7")

    assert refused.value.code == "grid_unknown"
