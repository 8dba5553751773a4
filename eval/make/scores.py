"""Sheets to play from: lead sheets and chorales of the music21 corpus, scripted progressions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pretty_midi
from music21 import converter, corpus, harmony

from arrange import PITCH_CLASSES, Chord, Sheet

INTERVALS = {
    "M": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "j7": (0, 4, 7, 11),
}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


def lead_sheet(piece: dict[str, Any]) -> Sheet:
    """Return a corpus lead sheet: its melody and printed chord symbols."""
    score = converter.parse(str(Path(corpus.__file__).parent / piece["corpus"]))
    if "opus_index" not in piece:
        melody, chords = _read(score.parts[0])
        return Sheet(melody, chords, piece["quarters"])
    part = score.scores[piece["opus_index"]].parts[0]
    melody, chords = _read(part)
    quarters = int(part.duration.quarterLength)
    quarters -= quarters % 4
    # A pickup of one beat is dropped, so that bars begin on multiples of four.
    melody = [
        (start - 1, length, pitch) for start, length, pitch in melody if 1 <= start < quarters + 1
    ]
    moved = [
        Chord(max(0.0, chord.start - 1), chord.root, chord.pitch_classes, chord.bass)
        for chord in chords
    ]
    return Sheet(melody, moved, quarters)


def _read(part: Any) -> tuple[list[tuple[float, float, int]], list[Chord]]:
    melody: list[tuple[float, float, int]] = []
    chords: dict[float, Chord] = {}
    for note in part.stripTies().flatten().notes:
        start = float(note.offset)
        if isinstance(note, harmony.ChordSymbol):
            classes = frozenset(pitch.pitchClass for pitch in note.pitches)
            root = note.root()
            if root is not None:  # a symbol that could not be spelled
                chords[start] = Chord(
                    start, root.pitchClass, classes, (note.bass() or root).pitchClass
                )
        elif note.isNote and note.quarterLength > 0:
            melody.append((start, float(note.quarterLength), note.pitch.midi))
    ordered = [chords[start] for start in sorted(chords)]
    if ordered and ordered[0].start > 0:
        first = ordered[0]
        ordered[0] = Chord(0.0, first.root, first.pitch_classes, first.bass)
    return melody, ordered


def progression(piece: dict[str, Any]) -> Sheet:
    """Return a scripted progression, four times, with a random melody over it."""
    name, mode = piece["key"].split()
    tonic = PITCH_CLASSES.index(name)
    chance = random.Random(piece["seed"])
    chords: list[Chord] = []
    melody: list[tuple[float, float, int]] = []
    at = 0.0
    for degree, kind, length in piece["degrees"] * 4:
        root = (tonic + degree) % 12
        classes = frozenset((root + interval) % 12 for interval in INTERVALS[kind])
        chords.append(Chord(at, root, classes, root))
        melody += _phrase(chance, at, at + length, classes, [tonic + step for step in SCALES[mode]])
        at += length
    return Sheet(melody, chords, at)


def _phrase(
    chance: random.Random, start: float, end: float, chord: frozenset[int], scale: list[int]
) -> list[tuple[float, float, int]]:
    notes, here = [], start
    while here < end:
        length = min(chance.choice([0.5, 0.5, 1, 1.5]), end - here)
        if chance.random() < 0.8:
            is_of_chord = here == start or chance.random() < 0.6
            pitch_class = chance.choice(sorted(chord)) if is_of_chord else chance.choice(scale)
            notes.append((here, length, 67 + (pitch_class - 67) % 12))
        here += length
    return notes


def chorale(piece: dict[str, Any]) -> dict[str, Any]:
    """Return a Bach chorale with the key of its expert analysis; nothing else is scored but notes."""
    number = piece["riemenschneider"]
    analysis = corpus.parse(f"bach/choraleAnalyses/riemenschneider{number:03d}.rntxt")
    found = corpus.chorales.Iterator(
        number, number, numberingSystem="riemenschneider", returnType="stream"
    )
    score = next(iter(found))
    quarter_s = 60 / piece["tempo_bpm"]
    midi = pretty_midi.PrettyMIDI(initial_tempo=piece["tempo_bpm"])
    for part in score.parts:
        voice = pretty_midi.Instrument(piece["program"])
        for note in part.stripTies().flatten().notes:
            if note.isNote:
                start_s = float(note.offset) * quarter_s
                end_s = float(note.offset + note.quarterLength) * quarter_s - 0.02
                voice.notes.append(pretty_midi.Note(90, note.pitch.midi, start_s, end_s))
        midi.instruments.append(voice)
    key = next(iter(analysis.flatten().getElementsByClass("RomanNumeral"))).key
    return {
        "midi": midi,
        "beats_s": [],
        "downbeats_s": [],
        "tempo_bpm": float(piece["tempo_bpm"]),
        "key": f"{PITCH_CLASSES[key.tonic.pitchClass]} {key.mode}",
        "chords": [],
        "scored": ["key", "notes"],
    }
