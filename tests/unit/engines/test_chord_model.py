"""The course of the chords: clean chroma in, the chord and its certainty out."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines import chord_model
from soundforge.engines.beat_grid import Grid
from soundforge.engines.chord_labels import Chord
from soundforge.engines.note_chroma import NoteChroma

NO_GRID = Grid(np.zeros(0), np.zeros(0))
FRAMES = 20
QUALITIES = st.sampled_from(chord_model.QUALITIES)


def chroma(*chords, level=1.0):
    treble = np.zeros((FRAMES * len(chords), 12), np.float32)
    bass = np.zeros_like(treble)
    for place, chord in enumerate(chords):
        here = slice(place * FRAMES, (place + 1) * FRAMES)
        treble[here, sorted(chord.pitch_classes)] = 1
        bass[here, chord.root] = 1
    return NoteChroma(treble, bass, np.full(len(treble), level, np.float32))


@given(st.integers(0, 11), QUALITIES)
def test_the_notes_of_a_chord_are_that_chord(root, quality):
    (found,) = chord_model.stretches(chroma(Chord(root, quality)), NO_GRID)

    assert found.chord == Chord(root, quality)
    assert 0 < found.confidence <= 1


@given(st.integers(0, 11), st.integers(1, 11))
def test_transposed_music_has_transposed_chords(root, semitones):
    song = [Chord(root, "min7"), Chord((root + 5) % 12, "7")]

    found = chord_model.stretches(chroma(*song), NO_GRID)
    moved = chord_model.stretches(chroma(*(one.transposed(semitones) for one in song)), NO_GRID)

    assert [one.chord.transposed(semitones) for one in found] == [one.chord for one in moved]


def test_a_passing_chord_is_kept_on_a_beat_and_smoothed_away_beside_it():
    short = chroma(Chord(0, "maj"), Chord(9, "min"))
    part = [np.concatenate([one[:20], one[20:23], one[:20]]) for one in (short.treble, short.bass)]
    song = NoteChroma(*part, np.ones(43, np.float32))
    beats_s = np.array([20, 23]) / chord_model.note_chroma.FRAME_RATE_HZ

    on_beats = chord_model.stretches(song, Grid(beats_s, beats_s))
    beside = chord_model.stretches(song, Grid(beats_s + 0.2, np.zeros(0)))

    assert len(on_beats) >= len(beside) == 1


def test_what_is_silent_beside_the_rest_is_no_chord():
    song = chroma(Chord(0, "maj"), Chord(7, "maj"))
    song.level[FRAMES:] = 1e-5

    assert [one.chord for one in chord_model.stretches(song, NO_GRID)] == [Chord(0, "maj"), None]
