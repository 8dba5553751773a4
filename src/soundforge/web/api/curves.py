"""How the energy and the tempo of a track go through it, for programs and as tables."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from soundforge.web import song_text
from soundforge.web.api.asked import TEXTS, Song
from soundforge.web.api.song_rows import CurveOut, TempoOut

ROUTES = APIRouter(prefix="/tracks", tags=["song"])

Format = Annotated[Literal["json", "csv"], Query(alias="format")]


class EnergyBody(BaseModel):
    """The energy of a track through it."""

    data: CurveOut


class TempoCurveOut(BaseModel):
    """The tempo of a track, and how it drifts."""

    bpm: float | None = Field(description="Of the whole; null without a pulse.")
    confidence: float | None = Field(ge=0, le=1, description="Below 0.2 it is a guess.")
    curve: list[TempoOut] = Field(
        description="The local tempo; empty where it drifts by less than 2 %, or was evened out."
    )


class TempoBody(BaseModel):
    """The tempo of a track through it."""

    data: TempoCurveOut


class _Point(BaseModel):
    """A line of the energy's table."""

    time_s: float
    energy: float


@ROUTES.get("/{track_id}/energy", response_model=EnergyBody, responses=TEXTS)
async def energy(song: Song, *, format_: Format = "json") -> Response:
    """Return the level through a track, 0..1 of its loudest moment; csv is a file to keep."""
    song.required("cues")
    found = song.energy()
    if format_ == "csv":
        points = zip(found.times_s, found.values, strict=True)
        rows = (_Point(time_s=time_s, energy=value) for time_s, value in points)
        return song.kept(song_text.table(_Point.model_fields, rows), "energy.csv")
    return JSONResponse(EnergyBody(data=found).model_dump(mode="json"))


@ROUTES.get("/{track_id}/tempo", response_model=TempoBody, responses=TEXTS)
async def tempo(song: Song, *, format_: Format = "json") -> Response:
    """Return the tempo of a track and, where it drifts, its curve; csv is that, a file to keep."""
    found, curve = song.required("tempo"), song.tempi()
    if format_ == "csv":
        return song.kept(song_text.table(TempoOut.model_fields, curve), "tempo.csv")
    bpm = found.get("bpm")
    out = TempoCurveOut(
        bpm=bpm if bpm is None else bpm * song.version.rate,
        confidence=found.get("confidence"),
        curve=curve,
    )
    return JSONResponse(TempoBody(data=out).model_dump(mode="json"))
