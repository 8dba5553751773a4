"""The parts, cue points and loops of a track, for programs and as files for editors."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from soundforge.web import song_text
from soundforge.web.api.asked import TEXTS, Song
from soundforge.web.api.song_rows import CuePointOut, LoopOut, MarkerOut, SectionOut

ROUTES = APIRouter(prefix="/tracks", tags=["song"])

Format = Annotated[
    Literal["json", "csv", "labels"],
    Query(alias="format", description="labels is a label track, as Audacity reads it."),
]


class SectionsBody(BaseModel):
    """The parts of a track, in turn."""

    data: list[SectionOut]


class CuesOut(BaseModel):
    """The moments of a track, rising in time."""

    cue_points: list[CuePointOut]
    markers: list[MarkerOut] = Field(description="Drops, rises, build-ups and key changes.")


class CuesBody(BaseModel):
    """The moments of a track."""

    data: CuesOut


class LoopsBody(BaseModel):
    """The loops of a track, the best first."""

    data: list[LoopOut]


@ROUTES.get("/{track_id}/sections", response_model=SectionsBody, responses=TEXTS)
async def sections(song: Song, *, format_: Format = "json") -> Response:
    """Return the parts of the newest analysis that has them; csv and labels are files to keep."""
    song.required("sections")
    found = song.rows(SectionOut, "sections", "sections")
    match format_:
        case "csv":
            text = song_text.table(SectionOut.model_fields, found)
            return song.kept(text, "sections.csv")
        case "labels":
            spans = ((one.start_s, one.end_s, _section(one)) for one in found)
            return song.kept(song_text.labels(spans), "section labels.txt")
        case "json":
            return JSONResponse(SectionsBody(data=found).model_dump(mode="json"))


@ROUTES.get("/{track_id}/cues", response_model=CuesBody, responses=TEXTS)
async def cues(song: Song, *, format_: Format = "json") -> Response:
    """Return cue points and markers; csv and labels are files to keep, of the cue points."""
    song.required("cues")
    found = song.rows(CuePointOut, "cues", "cue_points")
    match format_:
        case "csv":
            text = song_text.table(CuePointOut.model_fields, found)
            return song.kept(text, "cue points.csv")
        case "labels":
            spans = ((one.time_s, one.time_s, one.label) for one in found)
            return song.kept(song_text.labels(spans), "cue point labels.txt")
        case "json":
            out = CuesOut(cue_points=found, markers=song.rows(MarkerOut, "cues", "markers"))
            return JSONResponse(CuesBody(data=out).model_dump(mode="json"))


@ROUTES.get("/{track_id}/loops", response_model=LoopsBody, responses=TEXTS)
async def loops(song: Song, *, format_: Format = "json") -> Response:
    """Return the loops that were found, the best first; csv and labels are files to keep."""
    song.required("loops")
    found = song.rows(LoopOut, "loops", "loops")
    match format_:
        case "csv":
            return song.kept(song_text.table(LoopOut.model_fields, found), "loops.csv")
        case "labels":
            spans = ((one.start_s, one.end_s, _loop(one)) for one in found)
            return song.kept(song_text.labels(spans), "loop labels.txt")
        case "json":
            return JSONResponse(LoopsBody(data=found).model_dump(mode="json"))


def _section(one: SectionOut) -> str:
    return f"{one.label} {one.name or ''}".strip()


def _loop(one: LoopOut) -> str:
    count, unit = (one.beats, "beat") if one.bars is None else (one.bars, "bar")
    return f"Loop, {count} {unit}{'' if count == 1 else 's'}"
