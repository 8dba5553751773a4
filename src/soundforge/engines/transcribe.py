"""Stems become notes: ``python -m soundforge.engines.transcribe``.

Params: ``stems`` (a list of ``{"name", "path"}``), ``out`` (the MIDI file), ``notes_out`` (the
notes as JSON), ``models_dir``, and optional ``quantise``, ``threads`` and what is known of the
song, see `song.read`. How a stem is heard follows from its name: a bass line, a voice and drums
have ways of their own, all else is heard by a network.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from soundforge.engines import durable, runtime, weights
from soundforge.engines.decode import open_what_is_there, resample
from soundforge.engines.notes import drums, grid, melody, midi_file, polyphonic, song, voice
from soundforge.engines.runtime import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.engines.notes import Note
    from soundforge.engines.notes.melody import Kind
    from soundforge.engines.reader import AudioReader
    from soundforge.engines.runtime import Report
    from soundforge.engines.spectrum import Samples

SAMPLE_RATE_HZ: Final = 22_050
NETWORK: Final = "basic_pitch"
# Above this a float file holds no audio; its square would leave the range of float32.
_MAX_SAMPLE: Final = 1e6
_HEARD: Final = 0.95  # of the work; the rest is writing


class Ear(Protocol):
    """Hears mono samples at 22,050 Hz once and says what notes they were."""

    def hear(self, samples: Samples) -> None:
        """Take the next samples."""

    def notes(self) -> list[Note]:
        """Return the notes, in order."""


def transcribe(params: dict[str, Any], report: Report) -> dict[str, Any]:
    """Transcribe ``params["stems"]``; return how many notes each has.

    Raises:
        EngineError: ``no_audio``, ``model_not_installed``, ``beats_invalid``,
            ``grid_unknown``, or a file cannot be decoded.
    """
    began = time.perf_counter()
    played = song.read(params)
    wanted_grid = params.get("quantise")
    if wanted_grid:
        grid.quantise([], played.beats_s, wanted_grid)  # refused before the work, not after
    found: dict[str, list[Note]] = {}
    stems = params["stems"]
    for number, stem in enumerate(stems):
        ear = _ear(stem["name"], params)
        with open_what_is_there(Path(stem["path"])) as reader:
            _listen(ear, reader, _part(report, number, len(stems), stem["name"]), stem["path"])
        notes = ear.notes()
        if wanted_grid:
            notes = grid.quantise(notes, played.beats_s, wanted_grid)
        found[stem["name"]] = notes
    report(_HEARD, "Writing")
    durable.write_bytes(Path(params["out"]), midi_file.midi_bytes(found, played))
    durable.write_bytes(Path(params["notes_out"]), _json(found))
    return {
        "counts": {name: len(notes) for name, notes in found.items()},
        "took_s": round(time.perf_counter() - began, 3),
    }


def _ear(name: str, params: dict[str, Any]) -> Ear:
    if name == "drums":
        return _DrumEar()
    if name == "bass":
        return _VoiceEar(melody.BASS)
    if name == "vocals":
        return _VoiceEar(melody.VOICE)
    installed = weights.find(Path(params["models_dir"]), NETWORK)
    if installed is None:
        raise EngineError(
            "model_not_installed",
            "The network that hears notes is not on this machine.",
            "Connect to the Internet and retry: it is fetched by itself. Or: sfa models pull basic_pitch",
            retryable=True,
        )
    return polyphonic.Ear(installed.path, threads=int(params.get("threads") or 1))


class _VoiceEar:
    """One voice, by its period."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._listener = voice.Listener(kind.lowest_hz, kind.highest_hz)
        self.hear = self._listener.hear

    def notes(self) -> list[Note]:
        return melody.notes(self._listener.finish(), self._kind)


class _DrumEar:
    """Drums, by their bands."""

    def __init__(self) -> None:
        self._listener = drums.Listener()
        self.hear = self._listener.hear

    def notes(self) -> list[Note]:
        return drums.hits(self._listener.finish())


def _listen(ear: Ear, reader: AudioReader, report: Report, path: str) -> None:
    heard = 0

    def mono() -> Iterator[Samples]:
        nonlocal heard
        for block in reader.blocks():
            heard += len(block)
            whole = np.nan_to_num(block, posinf=0.0, neginf=0.0).clip(-_MAX_SAMPLE, _MAX_SAMPLE)
            yield whole.mean(axis=1, keepdims=True)

    for block in resample(mono(), reader.sample_rate_hz, SAMPLE_RATE_HZ):
        ear.hear(block[:, 0])
        if reader.frames:
            report(min(1.0, heard / reader.frames), "Listening")
    if not heard:
        raise EngineError("no_audio", f"{Path(path).name} holds no audio.", "Send another file.")


def _part(report: Report, number: int, count: int, name: str) -> Report:
    def tell(fraction: float, message: str, **detail: Any) -> None:
        done = _HEARD * (number + fraction) / count
        report(done, f"{message} to the {name}", stem=number + 1, stems=count, **detail)

    return tell


def _json(found: dict[str, list[Note]]) -> bytes:
    listed = {
        name: [
            {
                "onset_s": round(note.onset_s, 4),
                "offset_s": round(note.offset_s, 4),
                "pitch": note.pitch,
                "velocity": midi_file.velocity(note),
                "confidence": round(note.strength, 3),
            }
            for note in notes
        ]
        for name, notes in found.items()
    }
    return json.dumps(listed, allow_nan=False).encode()


if __name__ == "__main__":
    runtime.serve(transcribe)
