"""The conductor track of a MIDI file: tempo map, time signatures and key signatures.

The song's beats are the file's beats. Bars begin on the song's downbeats: what sounds before the
first one is a pickup bar, and a bar with a beat more or less has a time signature of its own.
Where bars are not known nothing is said of them, and where keys are not, nothing of keys.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import mido

from soundforge.engines.notes.grid import Ruler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.engines.notes.song import Song

TICKS_PER_BEAT: Final = 480
_STANDARD_BEAT_S: Final = 0.5
_MOST_MICROS: Final = 0xFFFFFF  # three bytes


@dataclass(frozen=True, slots=True)
class Clock:
    """Seconds to ticks by the beats of ``ruler``; by 120 BPM without."""

    ruler: Ruler | None

    def ticks(self, time_s: float) -> int:
        """Return the tick of a moment; nothing comes before the first."""
        if self.ruler is None:
            return max(0, round(time_s / _STANDARD_BEAT_S * TICKS_PER_BEAT))
        beat = self.ruler.beat_at(time_s)
        if beat < 0:  # the lead has its own tempo, so that it is whole beats long
            lead_s = self.ruler.time_at(0.0)
            beat = self.ruler.lead * (time_s / lead_s - 1)
        return max(0, round((beat + self.ruler.lead) * TICKS_PER_BEAT))


def clock(song: Song) -> Clock:
    """Return the clock of a song.

    Raises:
        EngineError: ``beats_invalid``.
    """
    return Clock(Ruler(song.beats_s) if song.beats_s else None)


def track(song: Song, time: Clock) -> mido.MidiTrack:
    """Return the track; it comes first in a file."""
    made = mido.MidiTrack([mido.MetaMessage("track_name", name="Tempo", time=0)])
    told = 0
    # Sorted by tick alone: of one tick the bar comes first, then its key and its tempo.
    events = [*_bars(song, time), *_keys(song, time), *_tempi(song, time)]
    for ticks, message in sorted(events, key=lambda event: event[0]):
        made.append(message.copy(time=ticks - told))
        told = ticks
    return made


def bars(song: Song, lead: int) -> list[tuple[int, int]]:
    """Return where the file's bars change their length: the beat of the file, beats in a bar.

    Args:
        song: With bars or without; without there are none.
        lead: Beats of the file before the song's first one.
    """
    metre = song.beats_per_bar
    if not (metre and song.downbeats_s and song.beats_s):
        return []
    ruler = Ruler(song.beats_s)
    starts = sorted({lead + round(ruler.beat_at(one_s)) for one_s in song.downbeats_s})
    pickup = starts[0] % metre
    lines = [(0, pickup)] if pickup else []
    lines += [(beat, metre) for beat in range(pickup, starts[0], metre)]
    for start, end in itertools.pairwise(starts):
        # The place was lost here once: the bar before is the odd one.
        whole = max(0, (end - start) // metre - 1)
        lines += [(start + metre * number, metre) for number in range(whole)]
        lines.append((start + metre * whole, end - start - metre * whole))
    lines.append((starts[-1], metre))
    return [
        line for before, line in zip([(0, 0), *lines], lines, strict=False) if line[1] != before[1]
    ]


def _bars(song: Song, time: Clock) -> Iterator[tuple[int, mido.MetaMessage]]:
    lead = time.ruler.lead if time.ruler else 0
    for beat, length in bars(song, lead):
        message = mido.MetaMessage("time_signature", numerator=length, denominator=4)
        yield beat * TICKS_PER_BEAT, message


def _keys(song: Song, time: Clock) -> Iterator[tuple[int, mido.MetaMessage]]:
    """Yield a key signature for each key, on the beat nearest to where it begins."""
    for start_s, name in song.keys:
        tonic, _, mode = name.partition(" ")
        beat = round(time.ticks(start_s) / TICKS_PER_BEAT)
        signature = tonic + ("m" if mode == "minor" else "")
        yield beat * TICKS_PER_BEAT, mido.MetaMessage("key_signature", key=signature)


def _tempi(song: Song, time: Clock) -> Iterator[tuple[int, mido.MetaMessage]]:
    """Yield the tempo of each beat, where it is another than that of the beat before."""
    if time.ruler is None:
        yield 0, mido.MetaMessage("set_tempo", tempo=_micros(_STANDARD_BEAT_S))
        return
    lead = time.ruler.lead
    beats = [index + lead for index in range(len(song.beats_s) - 1)]
    lengths_s = [b - a for a, b in itertools.pairwise(song.beats_s)]
    if lead:
        beats.insert(0, 0)
        lengths_s.insert(0, song.beats_s[0] / lead)
    else:
        lengths_s[0] = song.beats_s[1]  # the file starts with the beat, the song a moment before
    micros = 0
    for beat, length_s in zip(beats, lengths_s, strict=True):
        if _micros(length_s) != micros:
            micros = _micros(length_s)
            yield beat * TICKS_PER_BEAT, mido.MetaMessage("set_tempo", tempo=micros)


def _micros(beat_s: float) -> int:
    return min(_MOST_MICROS, max(1, round(beat_s * 1e6)))
