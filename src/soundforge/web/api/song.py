"""What a track was found to play along its time: chords, beats and all that a player draws."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from soundforge.web import song_text
from soundforge.web.api.asked import TEXTS, Labels, Song, Transpose
from soundforge.web.api.song_rows import (
    BeatsOut,
    ChordOut,
    CuePointOut,
    LoopOut,
    MarkerOut,
    SectionOut,
    TimelineOut,
)
from soundforge.web.errors import answers

ROUTES = APIRouter(prefix="/tracks", tags=["song"])


class ChordsBody(BaseModel):
    """The chords of a track, in turn."""

    data: list[ChordOut]


class BeatsBody(BaseModel):
    """The beats of a track."""

    data: BeatsOut


class TimelineBody(BaseModel):
    """The timeline of a track."""

    data: TimelineOut


@ROUTES.get("/{track_id}/timeline", responses=answers(404, 422))
async def timeline(
    song: Song, *, labels: Labels = "simple", transpose: Transpose = 0
) -> TimelineBody:
    """Return beats, chords, parts, keys, cue points, loops and curves, as far as they are known."""
    out = TimelineOut(
        **song.beats().model_dump(),
        chords=song.chords(labels, transpose),
        sections=song.rows(SectionOut, "sections", "sections"),
        keys=song.keys(transpose),
        energy=song.energy(),
        tempi=song.tempi(),
        cue_points=song.rows(CuePointOut, "cues", "cue_points"),
        markers=song.rows(MarkerOut, "cues", "markers"),
        loops=song.rows(LoopOut, "loops", "loops"),
    )
    return TimelineBody(data=out)


@ROUTES.get("/{track_id}/chords", response_model=ChordsBody, responses=TEXTS)
async def chords(
    song: Song,
    *,
    labels: Labels = "simple",
    transpose: Transpose = 0,
    format_: Annotated[Literal["json", "csv", "txt", "labels"], Query(alias="format")] = "json",
) -> Response:
    """Return the chords of the newest analysis that has them; all but json are files to keep."""
    song.required("chords")
    found = song.chords(labels, transpose)
    match format_:
        case "csv":
            return song.kept(song_text.table(ChordOut.model_fields, found), "chords.csv")
        case "txt":
            text = song_text.chords_text((one.start_s, one.name) for one in found)
            return song.kept(text, "chords.txt")
        case "labels":
            spans = ((one.start_s, one.end_s, one.name) for one in found if one.name)
            return song.kept(song_text.labels(spans), "chord labels.txt")
        case "json":
            return JSONResponse(ChordsBody(data=found).model_dump(mode="json"))


@ROUTES.get("/{track_id}/beats", response_model=BeatsBody, responses=TEXTS)
async def beats(
    song: Song,
    *,
    format_: Annotated[Literal["json", "csv", "labels"], Query(alias="format")] = "json",
) -> Response:
    """Return the beats of the newest analysis that has them; all but json are files to keep."""
    song.required("beats")
    found = song.beats()
    match format_:
        case "csv":
            text = song_text.beats_csv(found.beats_s, found.downbeats_s)
            return song.kept(text, "beats.csv")
        case "labels":
            text = song_text.beat_labels(found.beats_s, found.downbeats_s)
            return song.kept(text, "beat labels.txt")
        case "json":
            return JSONResponse(BeatsBody(data=found).model_dump(mode="json"))
