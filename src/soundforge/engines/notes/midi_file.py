"""Notes as a Standard MIDI File: one track per stem, the song's beats as its tempo map."""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import mido

from soundforge.engines.notes.grid import Ruler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soundforge.engines.notes import Note

TICKS_PER_BEAT: Final = 480
_DRUM_CHANNEL: Final = 9  # the tenth, as people count
_CHANNELS: Final = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
_STANDARD_BEAT_S: Final = 0.5
#: General MIDI programs, counted from 0.
_PROGRAMS: Final = {"bass": 33, "vocals": 53, "guitar": 27, "piano": 0}
_OTHER_PROGRAM: Final = 4


@dataclass(frozen=True, slots=True)
class _Clock:
    """Seconds to ticks by the beats; by 120 BPM without."""

    ruler: Ruler | None

    def ticks(self, time_s: float) -> int:
        if self.ruler is None:
            return max(0, round(time_s / _STANDARD_BEAT_S * TICKS_PER_BEAT))
        beat = self.ruler.beat_at(time_s)
        if beat < 0:  # the lead has its own tempo, so that it is whole beats long
            lead_s = self.ruler.time_at(0.0)
            beat = self.ruler.lead * (time_s / lead_s - 1)
        return max(0, round((beat + self.ruler.lead) * TICKS_PER_BEAT))


def midi_bytes(stems: Mapping[str, Sequence[Note]], beats_s: Sequence[float] = ()) -> bytes:
    """Return the file, format 1: a track with the tempo map, then one per stem in order.

    Args:
        stems: Notes by the stem's name; ``drums`` goes to the percussion channel.
        beats_s: The song's beats: each gets its own tempo, so that bars in a program are bars
            of the song. Without them 120 BPM.

    Raises:
        EngineError: ``beats_invalid``.
    """
    clock = _Clock(Ruler(beats_s) if len(beats_s) else None)
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(_tempo_track(clock, beats_s))
    for number, (name, notes) in enumerate(stems.items()):
        file.tracks.append(_track(name, notes, clock, _CHANNELS[number % len(_CHANNELS)]))
    packed = io.BytesIO()
    file.save(file=packed)
    return packed.getvalue()


def velocity(note: Note) -> int:
    """Return the MIDI velocity of a note, 1 to 127."""
    return min(127, max(1, round(note.strength * 127)))


def _tempo_track(clock: _Clock, beats_s: Sequence[float]) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name="Tempo", time=0)])
    if clock.ruler is None:
        track.append(mido.MetaMessage("set_tempo", tempo=_micros(_STANDARD_BEAT_S), time=0))
        return track
    changes = [(index + clock.ruler.lead, beat_s) for index, beat_s in enumerate(beats_s)]
    lengths_s = [b - a for a, b in itertools.pairwise(beats_s)]
    if not clock.ruler.lead:
        lengths_s[0] = beats_s[1]  # the file starts with the beat, the song a moment before
    else:
        changes.insert(0, (0, 0.0))
        lengths_s.insert(0, beats_s[0] / clock.ruler.lead)
    told, micros = 0, 0
    for (beat, _), length_s in zip(changes, lengths_s, strict=False):
        if _micros(length_s) == micros:
            continue
        micros = _micros(length_s)
        ticks = beat * TICKS_PER_BEAT
        track.append(mido.MetaMessage("set_tempo", tempo=micros, time=ticks - told))
        told = ticks
    return track


def _micros(beat_s: float) -> int:
    return min(0xFFFFFF, max(1, round(beat_s * 1e6)))


def _track(name: str, notes: Sequence[Note], clock: _Clock, channel: int) -> mido.MidiTrack:
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


def _events(notes: Sequence[Note], clock: _Clock) -> list[tuple[int, int, int, int]]:
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
