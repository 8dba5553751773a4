"""MIDI becomes stems, the mix that is exactly their sum, and the truth beside them."""

from __future__ import annotations

import copy
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from sources import SOUNDFONTS

RATE_HZ = 44_100
STEMS = ("drums", "bass", "other")
PEAK = 0.89


def render(folder: Path, piece: dict[str, Any], made: dict[str, Any]) -> None:
    """Write ``mix.wav``, the stems and ``truth.json`` into ``folder``."""
    midi = made.pop("midi")
    stems = {}
    for stem in STEMS:
        part = copy.deepcopy(midi)
        part.instruments = [one for one in part.instruments if stem_of(one) == stem]
        if part.instruments:
            stems[stem] = synthesize(part, SOUNDFONTS[piece["soundfont"]])
    longest = max(len(samples) for samples in stems.values())
    frames = min(longest, int((midi.get_end_time() + 1) * RATE_HZ))
    mix = np.zeros((frames, 2), np.float32)
    for samples in stems.values():
        mix[: len(samples[:frames])] += samples[:frames]
    gain = PEAK / np.abs(mix).max()
    for name, samples in {"mix": mix, **stems}.items():
        soundfile.write(folder / f"{name}.wav", samples[:frames] * gain, RATE_HZ, "PCM_16")
    truth = {**piece, **made, "stems": sorted(stems), "notes": notes(midi)}
    truth["duration_s"] = frames / RATE_HZ
    (folder / "truth.json").write_text(json.dumps(truth))


def stem_of(instrument: Any) -> str:
    """Return the stem an instrument belongs to."""
    if instrument.is_drum:
        return "drums"
    return "bass" if 32 <= instrument.program <= 39 else "other"


def synthesize(midi: Any, soundfont: Path) -> np.ndarray:
    """Return ``(frames, 2)`` at `RATE_HZ`."""
    with tempfile.TemporaryDirectory() as folder:
        written, wav = Path(folder, "song.mid"), Path(folder, "song.wav")
        midi.write(str(written))
        options = ["-ni", "-q", "-g", "0.35", "-r", str(RATE_HZ), "-O", "s16", "-F", str(wav)]
        quiet = subprocess.DEVNULL
        command = ["fluidsynth", *options, str(soundfont), str(written)]
        subprocess.run(command, check=True, stdout=quiet, stderr=quiet)
        samples: np.ndarray = soundfile.read(wav, dtype="float32")[0]
    return samples


def notes(midi: Any) -> dict[str, list[dict[str, float]]]:
    """Return the notes of each stem, in order of their onsets."""
    found: dict[str, list[dict[str, float]]] = {}
    for instrument in midi.instruments:
        found.setdefault(stem_of(instrument), []).extend(
            {
                "onset_s": round(note.start, 4),
                "offset_s": round(note.end, 4),
                "pitch": note.pitch,
                "velocity": note.velocity,
            }
            for note in instrument.notes
        )
    for stem in found.values():
        stem.sort(key=lambda note: (note["onset_s"], note["pitch"]))
    return found
