"""A melody and its chords become a small band: drums, bass, comping, pad, lead.

Onsets are jittered by 6 ms and velocities by 6, from a seeded generator; the beats are not. The
result is the same on every machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pretty_midi

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

# General MIDI programs, and how the band plays.
STYLES: dict[str, dict[str, Any]] = {
    "folk_flute": {"bass": 33, "comp": 25, "pad": 48, "lead": 73, "is_rock": False},
    "rock_voice": {"bass": 34, "comp": 27, "pad": 89, "lead": 52, "is_rock": True},
    "synth": {"bass": 38, "comp": 4, "pad": 88, "lead": 80, "is_rock": True},
    "jazz_sax": {"bass": 32, "comp": 0, "pad": 48, "lead": 65, "is_rock": False},
}
KICK, SNARE, HAT, CRASH = 36, 38, 42, 49


@dataclass(frozen=True, slots=True)
class Chord:
    """One chord of the sheet; times in quarter notes."""

    start: float
    root: int
    pitch_classes: frozenset[int]
    bass: int

    @property
    def label(self) -> str:
        """Harte's label, major or minor."""
        has_minor_third = (self.root + 3) % 12 in self.pitch_classes
        has_major_third = (self.root + 4) % 12 in self.pitch_classes
        quality = "min" if has_minor_third and not has_major_third else "maj"
        return f"{PITCH_CLASSES[self.root]}:{quality}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a band plays from: notes ``(start, length, pitch)`` and chords, in quarter notes."""

    melody: list[tuple[float, float, int]]
    chords: list[Chord]
    quarters: float


@dataclass(slots=True)
class Band:
    """Plays a sheet.

    Args:
        piece: ``tempo_bpm``, ``style``, ``reps`` and optionally ``seed`` and ``beats_per_bar``.
    """

    piece: dict[str, Any]
    _random: random.Random = field(init=False)
    _quarter_s: float = field(init=False)
    _is_rock: bool = field(init=False)

    def play(self, sheet: Sheet) -> dict[str, Any]:
        """Return the MIDI and the truth: one bar of hi-hat, then the sheet ``reps`` times."""
        style = STYLES[self.piece["style"]]
        self._is_rock = style["is_rock"]
        self._random = random.Random(self.piece.get("seed", 0))
        self._quarter_s = 60 / self.piece["tempo_bpm"]
        bar = self.piece.get("beats_per_bar", 4)
        midi = pretty_midi.PrettyMIDI(initial_tempo=self.piece["tempo_bpm"])
        drums = pretty_midi.Instrument(0, is_drum=True)
        parts = {k: pretty_midi.Instrument(style[k]) for k in ("bass", "comp", "pad", "lead")}
        chords: list[dict[str, Any]] = []
        for turn in range(self.piece["reps"]):
            chords += self._turn(parts, sheet, bar + turn * sheet.quarters, bar)
        end = bar + self.piece["reps"] * sheet.quarters
        self._drum(drums, end, bar)
        midi.instruments = [drums, *parts.values()]
        beats_s = [number * self._quarter_s for number in range(int(end) + 1)]
        return {
            "midi": midi,
            "beats_s": beats_s,
            "downbeats_s": beats_s[::bar],
            "tempo_bpm": float(self.piece["tempo_bpm"]),
            "key": self.piece["key"],
            "chords": chords,
            "scored": ["tempo", "beats", "key", "chords", "notes"],
        }

    def _turn(
        self, parts: dict[str, Any], sheet: Sheet, at: float, bar: int
    ) -> list[dict[str, Any]]:
        for start, length, pitch in sheet.melody:
            self._add(parts["lead"], at + start, length * 0.95, pitch, 100)
        truth = []
        ends = [*(chord.start for chord in sheet.chords[1:]), sheet.quarters]
        for chord, end in zip(sheet.chords, ends, strict=True):
            if end > chord.start:
                self._accompany(parts, chord, at, end, bar)
                start_s, end_s = (self._quarter_s * (at + x) for x in (chord.start, end))
                truth.append({"start_s": start_s, "end_s": end_s, "label": chord.label})
        return truth

    def _accompany(
        self, parts: dict[str, Any], chord: Chord, at: float, end: float, bar: int
    ) -> None:
        low = {48 + (pitch_class - 48) % 12 for pitch_class in chord.pitch_classes}
        voicing = sorted(low | {60 + (chord.root - 60) % 12})
        for pitch in voicing:
            above = pitch + 12 if pitch < 55 else pitch
            self._add(parts["pad"], at + chord.start, end - chord.start, above, 52)
        for here in _steps(chord.start, end, 0.5):
            place = round(here % bar, 3)
            if self._is_rock or place % 1 == 0.5:
                for pitch in voicing:
                    self._add(parts["comp"], at + here, 0.4, pitch, 70 if place % 1 else 80)
        for turn, here in enumerate(_steps(chord.start, end, 0.5 if self._is_rock else 1)):
            pitch_class = chord.root + 7 if turn % 2 else chord.bass
            pitch = 36 + (pitch_class - 36) % 12
            self._add(parts["bass"], at + here, 0.45 if self._is_rock else 0.9, pitch, 96)

    def _drum(self, drums: Any, end: float, bar: int) -> None:
        kicks, snares = ((0, 2), (1, 3)) if bar == 4 else ((0,), (1, 2))
        for here in _steps(0.0, end, 0.5):
            place = round(here % bar, 3)
            if here < bar:  # counting in
                if place % 1 == 0:
                    self._add(drums, here, 0.1, HAT, 90)
                continue
            if place in kicks:
                self._add(drums, here, 0.1, KICK, 110)
            if place in snares:
                self._add(drums, here, 0.1, SNARE, 104)
            self._add(drums, here, 0.1, HAT, 84 if place % 1 == 0 else 64)
            if self._is_rock and place == 2.5:
                self._add(drums, here, 0.1, KICK, 96)
            if (here - bar) % (bar * 8) == 0:
                self._add(drums, here, 0.5, CRASH, 100)

    def _add(self, part: Any, start: float, length: float, pitch: int, velocity: int) -> None:
        late_s = self._random.uniform(-0.006, 0.006)
        loud = max(1, min(127, velocity + self._random.randint(-6, 6)))
        start_s = max(0.0, start * self._quarter_s + late_s)
        end_s = start_s + max(0.05, length * self._quarter_s)
        part.notes.append(pretty_midi.Note(loud, int(pitch), start_s, end_s))


def _steps(start: float, end: float, step: float) -> list[float]:
    found, here = [], start
    while here < end - 1e-6:
        found.append(here)
        here += step
    return found
