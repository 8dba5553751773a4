"""One voice: how it is heard does not depend on how it is handed over."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from soundforge.engines.notes import melody, voice
from tests.fixtures import audio, tunes

LINE = tunes.line([28, 31, 31, 35, 40, 33])


def track(signal, block=1 << 30):
    listener = voice.Listener(melody.BASS.lowest_hz, melody.BASS.highest_hz)
    for start in range(0, len(signal), block):
        listener.hear(signal[start : start + block])
    return listener.finish()


@pytest.fixture(scope="module")
def line():
    return tunes.plucked(LINE)[::2, 0].copy()


def test_blocks_of_any_size_are_heard_alike(line):
    # Only the floor under the log spectrum may differ: it follows the loudest so far.
    whole, parts = track(line), track(line, 777)

    assert len(whole.hz) == len(line) // 256 + 1
    assert np.array_equal(whole.hz, parts.hz)
    assert [n.pitch for n in melody.notes(whole, melody.BASS)] == [
        n.pitch for n in melody.notes(parts, melody.BASS)
    ]


def test_notes_follow_each_other_and_none_is_empty(line):
    notes = melody.notes(track(line), melody.BASS)

    assert [note.pitch for note in notes] == [note.pitch for note in LINE]
    assert all(note.offset_s > note.onset_s for note in notes)
    assert all(a.offset_s <= b.onset_s + voice.FRAME_S for a, b in itertools.pairwise(notes))


def test_how_loud_a_recording_is_changes_no_note(line):
    soft = melody.notes(track(line * np.float32(0.003)), melody.BASS)

    assert [note.pitch for note in soft] == [note.pitch for note in LINE]


@pytest.mark.parametrize("samples", [0, 1, 255, 256, 2048])
def test_next_to_nothing_has_no_notes(samples):
    assert melody.notes(track(np.zeros(samples, np.float32)), melody.VOICE) == []


def test_a_glide_is_not_a_note_a_semitone():
    time_s = np.arange(22_050) / 22_050
    glide = np.sin(2 * np.pi * np.cumsum(60 * 2**time_s) / 22_050).astype(np.float32)

    assert len(melody.notes(track(0.5 * glide), melody.BASS)) <= 13


def test_a_held_tone_is_one_note():
    tone = audio.tone(3.0, 55.0, rate_hz=22_050)[:, 0]

    assert [note.pitch for note in melody.notes(track(tone), melody.BASS)] == [33]
