"""The notes of a track's stems, as a MIDI file."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from soundforge import errors
from soundforge.library import tracks
from soundforge.web.api.asked import Recorded
from soundforge.web.files import attachment, file_answers
from soundforge.web.services import S

ROUTES = APIRouter(prefix="/tracks", tags=["song"])


@ROUTES.get(
    "/{track_id}/midi",
    response_class=FileResponse,
    responses=file_answers("audio/midi", description="A Standard MIDI File, format 1."),
)
async def midi(song: Recorded, services: S) -> FileResponse:
    """Return the notes that a job `transcribe` wrote down last: a tempo map, a track per stem."""
    job = tracks.newest_done(song.track, "transcribe")
    if job is None or job.output_path is None:
        raise errors.NotFound(
            "notes_not_made",
            "The notes of this track have not been written down yet.",
            "Run the stage transcribe, then ask again.",
        )
    return attachment(services.tools.storage.path(job.output_path), song.file_name("notes.mid"))
