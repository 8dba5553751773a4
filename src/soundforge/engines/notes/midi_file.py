"""Notes as a Standard MIDI File: one track per stem, in the song's tempo, bars and keys."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import mido

from soundforge.engines.notes import conductor
from soundforge.engines.notes.song import Song

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.engines.notes import Note
    from soundforge.engines.notes.conductor import Clock

_DRUM_CHANNEL: Final = 9  # the tenth, as people count
_CHANNELS: Final = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
#: General MIDI programs, counted from 0.
_PROGRAMS: Final = {"bass": 33, "vocals": 53, "guitar": 27, "piano": 0}
_OTHER_PROGRAM: Final = 4
_UNKNOWN: Final = Song()


def midi_bytes(stems: Mapping[str, Sequence[Note]], song: Song = _UNKNOWN) -> bytes:
    """Return the file, format 1: the conductor track, then one track per stem in order.

    Args:
        stems: Notes by the stem's name; ``drums`` goes to the percussion channel.
        song: Each of its beats gets its own tempo, so that beats, and bars where they are known,
            of a program are those of the song. Without beats 120 BPM.

    Raises:
        EngineError: ``beats_invalid``.
    """
    clock = conductor.clock(song)
    file = mido.MidiFile(type=1, ticks_per_beat=conductor.TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(conductor.track(song, clock))
    for number, (name, notes) in enumerate(stems.items()):
        file.tracks.append(_track(name, notes, clock, _CHANNELS[number % len(_CHANNELS)]))
    packed = io.BytesIO()
    file.save(file=packed)
    return packed.getvalue()


def velocity(note: Note) -> int:
    """Return the MIDI velocity of a note, 1 to 127."""
    return min(127, max(1, round(note.strength * 127)))


def _track(name: str, notes: Sequence[Note], clock: Clock, channel: int) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name, time=0)])
    if name == "drums":
        channel = _DRUM_CHANNEL
    program = _PROGRAMS.get(name, 0 if name == "drums" else _OTHER_PROGRAM)
    track.append(mido.Message("program_change", channel=channel, program=program, time=0))
    told = 0
    for ticks, kind, pitch, strength in sorted(_events(notes, clock)):
        word = "note_on" if kind else "note_off"
        message = mido.Message(
            word, channel=channel, note=pitch, velocity=strength, time=ticks - told
        )
        track.append(message)
        told = ticks
    return track


def _events(notes: Sequence[Note], clock: Clock) -> list[tuple[int, int, int, int]]:
    """Return ``(ticks, 1 for on, pitch, velocity)``; an end sorts before a start.

    Of one pitch only one note can sound: it ends where the next one begins.
    """
    events = []
    begun: dict[int, int] = {}
    for note in sorted(notes, reverse=True):
        start = clock.ticks(note.onset_s)
        stop = max(start + 1, min(clock.ticks(note.offset_s), begun.get(note.pitch, 1 << 60)))
        if begun.get(note.pitch) == start:
            continue
        begun[note.pitch] = start
        events += [(start, 1, note.pitch, velocity(note)), (stop, 0, note.pitch, 0)]
    return events
