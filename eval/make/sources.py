"""Where the notes come from: installed packages. Nothing of them is copied into the repository."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import pretty_midi

OPENMSX = Path("/usr/share/games/openttd/baseset/openmsx")
FREEDOOM = Path("/usr/share/games/doom")
SOUNDFONTS = {
    "fluid": Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    "timgm": Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
}
# A WAD begins with its kind, the number of its lumps and where their directory is.
_HEAD = struct.Struct("<4sii")
_ENTRY = struct.Struct("<ii8s")


def song(source: dict[str, str]) -> pretty_midi.PrettyMIDI:
    """Return a song of ``openttd-openmsx`` (``file``) or ``freedoom`` (``wad`` and ``lump``)."""
    if source["package"] == "freedoom":
        return pretty_midi.PrettyMIDI(io.BytesIO(lump(FREEDOOM / source["wad"], source["lump"])))
    return pretty_midi.PrettyMIDI(str(OPENMSX / source["file"]))


def lump(wad: Path, name: str) -> bytes:
    """Return one lump of a WAD."""
    content = wad.read_bytes()
    _, count, directory = _HEAD.unpack_from(content)
    for number in range(count):
        start, size, raw = _ENTRY.unpack_from(content, directory + number * _ENTRY.size)
        if raw.rstrip(b"\0").decode() == name:
            return content[start : start + size]
    raise KeyError(f"{wad.name} has no lump {name}")


def native(piece: dict[str, Any]) -> dict[str, Any]:
    """Return a song as it is, cut at ``max_s`` if the piece says so, with its own beats."""
    midi = song(piece["source"])
    end_s = piece.get("max_s", float("inf"))
    for instrument in midi.instruments:
        instrument.notes = [note for note in instrument.notes if note.start < end_s]
        for events in ("control_changes", "pitch_bends"):
            kept = [event for event in getattr(instrument, events) if event.time < end_s]
            setattr(instrument, events, kept)
    return {
        "midi": midi,
        "beats_s": [float(at_s) for at_s in midi.get_beats() if at_s < end_s],
        "downbeats_s": [float(at_s) for at_s in midi.get_downbeats() if at_s < end_s],
        "tempo_bpm": float(midi.get_tempo_changes()[1][0]),
        "key": piece["key"],
        "chords": [],
        "scored": ["tempo", "beats", "key", "notes"],
    }
