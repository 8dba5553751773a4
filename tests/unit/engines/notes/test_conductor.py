"""Tempo map, time signatures and key signatures: bars of the file are bars of the song."""

from __future__ import annotations

import io
import itertools

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundforge.engines import note_names
from soundforge.engines.notes import Note, conductor, midi_file
from soundforge.engines.notes.song import Song, read
from soundforge.engines.runtime import EngineError


def song(beats_s, downbeats, metre, **more):
    """Return a song; ``downbeats`` are numbers of its beats."""
    return Song(tuple(beats_s), tuple(beats_s[number] for number in downbeats), metre, **more)


def times(first_s, count, each_s=0.5):
    return [round(first_s + each_s * number, 4) for number in range(count)]


def told(of, kind):
    """Return tick and message of each ``kind`` in the file of a song, as a reader has them."""
    file = mido.MidiFile(file=io.BytesIO(midi_file.midi_bytes({}, of)))
    ticks = itertools.accumulate(message.time for message in file.tracks[0])
    return [
        (tick, m) for tick, m in zip(ticks, file.tracks[0], strict=True) if m.type == kind
    ]  # fmt: skip


def bar_starts(of, last_tick):
    """Return the ticks at which a program draws bar lines."""
    found, start = [], 0
    lines = [(tick, m.numerator * 1920 // m.denominator) for tick, m in told(of, "time_signature")]
    for (tick, length), (end, _) in itertools.pairwise([*lines, (last_tick, 0)]):
        assert tick == start, "a signature lies on a bar line"
        while start < end:
            found.append(start)
            start += length
    return found


@pytest.mark.parametrize("first_s", [0.0, 0.4, 2.1])
@pytest.mark.parametrize(("metre", "first"), [(4, 0), (4, 1), (4, 3), (3, 0), (3, 2), (7, 5)])
def test_every_downbeat_of_the_song_is_a_bar_line_of_the_file(metre, first, first_s):
    beats_s = times(first_s, 40)
    of = song(beats_s, range(first, 40, metre), metre)
    ticks = {round(conductor.clock(of).ticks(one_s)) for one_s in of.downbeats_s}

    starts = bar_starts(of, max(ticks) + 1)

    assert ticks <= set(starts)
    assert {b - a for a, b in itertools.pairwise(sorted(ticks))} == {metre * 480}
    assert [start for start in starts if start > min(ticks)] == sorted(ticks - {min(ticks)})


def test_what_sounds_before_the_first_bar_is_a_pickup():
    of = song(times(1.0, 9), [3, 7], 4)  # two beats of silence, then three before the bar

    assert [(tick, m.numerator, m.denominator) for tick, m in told(of, "time_signature")] == [
        (0, 1, 4),
        (480, 4, 4),
    ]


def test_a_waltz_is_told_once_from_its_first_bar():
    of = song(times(0.0, 12), [0, 3, 6, 9], 3)

    assert [(tick, m.numerator) for tick, m in told(of, "time_signature")] == [(0, 3)]


@pytest.mark.parametrize(
    ("downbeats", "lines"),
    [
        ([0, 4, 9, 13], [(0, 4), (4, 5), (9, 4)]),
        ([0, 4, 7, 11], [(0, 4), (4, 3), (7, 4)]),
        ([0, 12, 16], [(0, 4)]),
        ([0, 13], [(0, 4), (8, 5), (13, 4)]),
    ],
)
def test_an_odd_bar_has_a_signature_of_its_own(downbeats, lines):
    of = song(times(0.0, 20), downbeats, 4)

    assert conductor.bars(of, 0) == lines


@settings(max_examples=60)
@given(
    st.integers(1, 7), st.integers(0, 6), st.lists(st.integers(1, 19), max_size=12),
    st.floats(0, 5),
)  # fmt: skip
def test_bar_lines_meet_the_downbeats_however_odd_the_bars_are(metre, first, gaps, first_s):
    downbeats = list(itertools.accumulate([first, *gaps]))
    of = song(times(first_s, downbeats[-1] + 2), downbeats, metre)
    ticks = {conductor.clock(of).ticks(one_s) for one_s in of.downbeats_s}

    assert ticks <= set(bar_starts(of, max(ticks) + 1))


@pytest.mark.parametrize(
    "of", [Song(), Song(tuple(times(0.3, 9))), Song((), (), None, ((0.0, "C major"),))]
)
def test_where_bars_are_not_known_none_are_claimed(of):
    assert told(of, "time_signature") == []


def test_a_key_is_told_on_the_beat_nearest_to_where_it_begins():
    of = Song(tuple(times(0.5, 20)), keys=((0.0, "Bb major"), (4.1, "F# minor")))

    assert [(tick, m.key) for tick, m in told(of, "key_signature")] == [
        (0, "Bb"),
        (8 * 480, "F#m"),
    ]


@pytest.mark.parametrize("is_minor", [False, True])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_can_be_written(tonic, is_minor):
    name = note_names.of_key(tonic, is_minor=is_minor)

    ((_, message),) = told(Song(keys=((0.0, name),)), "key_signature")

    assert message.key == name.removesuffix(" major").replace(" minor", "m")


def test_signatures_move_no_note():
    beats_s = times(0.4, 30, 0.47)
    notes = [Note(one_s, one_s + 0.1, 60, 0.8) for one_s in beats_s]
    of = song(beats_s, [2, 5, 8, 12, 15], 3, keys=((0.0, "C minor"), (5.0, "D minor")))
    now, heard = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(midi_file.midi_bytes({"piano": notes}, of))):
        now += message.time
        heard += [now] if message.type == "note_on" else []

    assert heard == pytest.approx(beats_s, abs=0.001)


@pytest.mark.parametrize(
    "params",
    [
        {"downbeats_s": [1.0, 0.5], "beats_per_bar": 4},
        {"downbeats_s": [0.5, 1.0]},
        {"downbeats_s": [0.5, 1.0], "beats_per_bar": -1},
        {"downbeats_s": [0.5, 1.0], "beats_per_bar": 1000},
        {"downbeats_s": [0.5, float("nan")], "beats_per_bar": 4},
    ],
)
def test_bars_that_cannot_be_are_refused(params):
    with pytest.raises(EngineError) as refused:
        read({"beats_s": [0.5, 1.0, 1.5], **params})

    assert refused.value.code == "beats_invalid"
