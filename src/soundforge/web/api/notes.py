"""The notes of a track's stems: as rows, as a table, as a MIDI file."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio import keys, transcriber
from soundforge.audio.transcriber import Drum
from soundforge.library import Job, tracks
from soundforge.storage import layout
from soundforge.web import song_text
from soundforge.web.api.asked import Recorded, Song
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers
from soundforge.web.services import S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from soundforge.audio.transcriber import Note
    from soundforge.web.api.asked import Asked
    from soundforge.web.services import Services

ROUTES = APIRouter(prefix="/tracks", tags=["song"])

_HIGHEST: Final = 127


class NoteOut(BaseModel):
    """One note."""

    onset_s: float
    duration_s: float
    pitch: int = Field(
        ge=0, le=127, description="MIDI number, 60 is middle C; a hit's percussion key."
    )
    name: str = Field(description="For people: `Bb3`, middle C is C4; the class of a hit.")
    velocity: int = Field(ge=1, le=127)
    confidence: float = Field(ge=0, le=1, description="From the energy, or the network's own.")
    drum: Drum | None = Field(description="What was hit; null where it is no drum.")


class StemNotesOut(BaseModel):
    """The notes of one stem, by onset."""

    stem_type: str
    notes: list[NoteOut]


class NotesOut(BaseModel):
    """The notes that a job wrote down."""

    job_id: uuid.UUID
    quantise: str | None = Field(description="The grid they lie on; null: as they were played.")
    stems: list[StemNotesOut]


class NotesBody(BaseModel):
    """The notes of a track."""

    data: NotesOut


class _NoteRow(NoteOut):
    """A note in a table of all stems."""

    stem_type: str


_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/csv": {}, "audio/midi": {}}},
    **answers(404, 422),
}


@ROUTES.get("/{track_id}/notes", response_model=NotesBody, responses=_ANSWERS)
async def notes(
    song: Song,
    services: S,
    *,
    format_: Annotated[Literal["json", "csv", "midi"], Query(alias="format")] = "json",
) -> Response:
    """Return the notes that a job `transcribe` wrote down last; csv and midi are files to keep."""
    if format_ == "midi":
        if song.version.label:
            raise errors.Invalid(
                "midi_as_recorded",
                "The MIDI file is in the tempo and key of the recording.",
                "Leave out the version, or take the notes as json or csv.",
            )
        return _midi(song, services)
    job = _written(song)
    path = services.tools.storage.path(layout.note_list(job.id))
    if not path.is_file():
        raise _not_written()
    # Hours of music have tens of thousands of notes: other requests are not made to wait for them.
    return await asyncio.to_thread(_table if format_ == "csv" else _listed, song, job, path)


@ROUTES.get(
    "/{track_id}/midi",
    response_class=FileResponse,
    responses=file_answers("audio/midi", description="A Standard MIDI File, format 1."),
)
async def midi(song: Recorded, services: S) -> FileResponse:
    """Return the same as a file: a tempo map, the song's bars and keys, a track per stem."""
    return _midi(song, services)


def _midi(song: Asked, services: Services) -> FileResponse:
    path = services.tools.storage.path(layout.notes(_written(song).id))
    return attachment(path, song.file_name("notes.mid"))


def _listed(song: Asked, job: Job, path: Path) -> Response:
    quantise = (job.results or {}).get("quantise")
    body = NotesBody(data=NotesOut(job_id=job.id, quantise=quantise, stems=_stems(song, path)))
    return Response(body.model_dump_json(), media_type="application/json")


def _table(song: Asked, job: Job, path: Path) -> Response:
    del job
    rows = (
        _NoteRow(stem_type=stem.stem_type, **note.model_dump())
        for stem in _stems(song, path)
        for note in stem.notes
    )
    columns = ("stem_type", *NoteOut.model_fields)
    return song.kept(song_text.table(columns, rows), "notes.csv")


def _stems(song: Asked, path: Path) -> list[StemNotesOut]:
    return [
        StemNotesOut(stem_type=stem_type, notes=list(_rows(song, stem_type, heard)))
        for stem_type, heard in transcriber.read(path).items()
    ]


def _rows(song: Asked, stem_type: str, heard: tuple[Note, ...]) -> Iterator[NoteOut]:
    """Yield the notes of a stem as they sound in the version that is asked for."""
    is_drum = stem_type == "drums"
    semitones = 0 if is_drum else song.version.semitones
    names = keys.spelling((song.found("key") or {}).get("name"), semitones)
    for note in heard:
        pitch = note.pitch + semitones
        if not 0 <= pitch <= _HIGHEST:  # MIDI has no number for it
            continue
        onset_s = song.version.at(note.onset_s)
        drum = transcriber.DRUMS.get(pitch, "other") if is_drum else None
        yield NoteOut(
            onset_s=onset_s,
            duration_s=round(song.version.at(note.offset_s) - onset_s, 4),
            pitch=pitch,
            name=drum or f"{names[pitch % 12]}{pitch // 12 - 1}",
            velocity=note.velocity,
            confidence=note.confidence,
            drum=drum,
        )


def _written(song: Asked) -> Job:
    job = tracks.newest_done(song.track, "transcribe")
    if job is None or job.output_path is None:
        raise _not_written()
    return job


def _not_written() -> errors.NotFound:
    return errors.NotFound(
        "notes_not_made",
        "The notes of this track have not been written down yet.",
        "Run the stage transcribe, then ask again.",
    )
