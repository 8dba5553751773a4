"""Standard MIDI Files, read back by the library's reader."""

from __future__ import annotations

import io
import itertools

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines.notes import Note
from soundforge.engines.notes.midi_file import midi_bytes
from soundforge.engines.notes.song import Song


def read(content):
    return mido.MidiFile(file=io.BytesIO(content))


def played(content):
    """Return ``(seconds, channel, note)`` of every note that starts, as a player has them."""
    now, found = 0.0, []
    for message in read(content):
        now += message.time
        if message.type == "note_on":
            found.append((now, message.channel, message.note))
    return found


BEATS_S = (0.4, 0.9, 1.42, 1.9, 2.41, 2.9)


def test_a_player_plays_notes_where_they_were_heard():
    onsets_s = [0.0, 0.2, 0.4, 0.65, 1.1, 2.0, 3.7]
    notes = [Note(onset_s, onset_s + 0.1, 60, 0.8) for onset_s in onsets_s]

    for beats_s in ((), BEATS_S):
        times_s = [time_s for time_s, _, _ in played(midi_bytes({"bass": notes}, Song(beats_s)))]
        assert times_s == pytest.approx(onsets_s, abs=0.001)


def test_beats_of_the_song_are_beats_of_the_file():
    notes = [Note(beat_s, beat_s + 0.1, 60, 0.8) for beat_s in BEATS_S]

    track = read(midi_bytes({"piano": notes}, Song(BEATS_S))).tracks[1]

    ticks = itertools.accumulate(message.time for message in track)
    starts = [tick for tick, m in zip(ticks, track, strict=True) if m.type == "note_on"]
    assert [tick % 480 for tick in starts] == [0] * 6
    assert {b - a for a, b in itertools.pairwise(starts)} == {480}


def test_a_first_beat_at_the_very_start_makes_no_absurd_tempo():
    tempi = [m.tempo for m in read(midi_bytes({}, Song((0.02, 0.52, 1.02)))).tracks[0] if m.is_meta
             and m.type == "set_tempo"]  # fmt: skip

    assert min(tempi) > 400_000


def test_each_stem_has_a_track_and_a_channel_and_drums_the_tenth():
    note = [Note(0.0, 0.5, 40, 1.0)]
    file = read(midi_bytes({"bass": note, "drums": note, "vocals": note}))

    assert [track.name for track in file.tracks] == ["Tempo", "bass", "drums", "vocals"]
    channels = [next(m.channel for m in track if not m.is_meta) for track in file.tracks[1:]]
    assert channels[1] == 9
    assert len(set(channels)) == 3


def test_silence_is_a_file_without_notes():
    assert played(midi_bytes({"bass": []})) == []


def test_a_name_in_any_script_is_kept():
    assert read_name("声 ♪") == "声 ♪"


def read_name(name):
    content = midi_bytes({name: []})
    return mido.MidiFile(file=io.BytesIO(content), charset="utf-8").tracks[1].name


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 20), st.floats(0, 3), st.integers(0, 127), st.floats(0, 1)
        ),
        max_size=40,
    )
)  # fmt: skip
def test_every_note_that_starts_ends_and_none_sounds_twice(raw):
    notes = sorted(Note(start, start + length, pitch, s) for start, length, pitch, s in raw)

    sounding = set()
    for message in read(midi_bytes({"other": notes}, Song(BEATS_S))).tracks[1]:
        if message.type == "note_on":
            assert 1 <= message.velocity <= 127
            assert message.note not in sounding
            sounding.add(message.note)
        elif message.type == "note_off":
            sounding.remove(message.note)
    assert not sounding
