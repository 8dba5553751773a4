"""What a track was found to play: chords, beats, parts, notes; as JSON and as files."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio import chords as named
from soundforge.audio import warper
from soundforge.library import Status, tracks
from soundforge.pipeline import warp
from soundforge.web import song_text
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers, made_file
from soundforge.web.services import S, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from soundforge.audio.chords import Segment
    from soundforge.library import Track

ROUTES = APIRouter(prefix="/tracks", tags=["song"])

Labels = Annotated[
    Literal["simple", "full"], Query(description="Major and minor only, or all there is.")
]
Transpose = Annotated[int, Query(ge=-12, le=12, description="Semitones to move all by.")]


class ChordOut(BaseModel):
    """One chord, or none."""

    start_s: float
    end_s: float
    label: str = Field(description="For programs: `A:min7`; `N` is no chord.")
    name: str = Field(description="For people: `Am7`; empty where there is no chord.")
    confidence: float = Field(ge=0, le=1)

    @classmethod
    def of(cls, one: Segment) -> Self:
        """Return ``one`` as it goes out."""
        return cls(
            start_s=one.start_s,
            end_s=one.end_s,
            label=one.label,
            name=one.name,
            confidence=one.confidence,
        )


class ChordsBody(BaseModel):
    """The chords of a track, in turn."""

    data: list[ChordOut]


class SectionOut(BaseModel):
    """One part of a song."""

    start_s: float
    end_s: float
    label: str = Field(description="A letter; like letters sound alike.")
    name: str | None = Field(description="intro, verse, chorus, outro; null: not known.")


class BeatsOut(BaseModel):
    """The pulse of a track; empty without one."""

    beats_s: list[float]
    downbeats_s: list[float]
    beats_per_bar: int | None = None


class BeatsBody(BaseModel):
    """The beats of a track."""

    data: BeatsOut


class TimelineOut(BeatsOut):
    """What a player draws along the time of a track; what is not known is empty."""

    chords: list[ChordOut]
    sections: list[SectionOut]


class TimelineBody(BaseModel):
    """The timeline of a track."""

    data: TimelineOut


_TEXTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, "text/plain": {}}},
    **answers(404, 422),
}


@ROUTES.get("/{track_id}/timeline", responses=answers(404, 422))
async def timeline(
    track_id: uuid.UUID,
    services: S,
    user: User,
    *,
    labels: Labels = "simple",
    transpose: Transpose = 0,
    version: Annotated[
        uuid.UUID | None, Query(description="A warp's job: as it sounds in that version.")
    ] = None,
) -> TimelineBody:
    """Return beats, chords and parts of the newest analysis that has them."""
    track = await _track(services, user, track_id)
    at, semitones = _version(track, version)
    beats = _beats(tracks.newest_feature(track, "beats") or {})
    heard = _heard(track)
    sections = (tracks.newest_feature(track, "sections") or {}).get("sections") or ()
    found = named.read(heard, is_full=labels == "full", transpose=transpose + semitones)
    out = TimelineOut(
        beats_s=[at(beat_s) for beat_s in beats.beats_s],
        downbeats_s=[at(downbeat_s) for downbeat_s in beats.downbeats_s],
        beats_per_bar=beats.beats_per_bar,
        chords=[_moved(ChordOut.of(one), at) for one in found],
        sections=[
            _moved(SectionOut(**{name: row[name] for name in _SECTION}), at) for row in sections
        ],
    )
    return TimelineBody(data=out)


@ROUTES.get("/{track_id}/chords", response_model=ChordsBody, responses=_TEXTS)
async def chords(
    track_id: uuid.UUID,
    services: S,
    user: User,
    *,
    labels: Labels = "simple",
    transpose: Transpose = 0,
    format_: Annotated[Literal["json", "csv", "txt"], Query(alias="format")] = "json",
) -> Response:
    """Return the chords of the newest analysis that has them; csv and txt are files to keep."""
    track = await _track(services, user, track_id)
    _require(track, "chords")
    found = named.read(_heard(track), is_full=labels == "full", transpose=transpose)
    match format_:
        case "csv":
            return made_file(song_text.chords_csv(found), _name(track, "chords.csv"))
        case "txt":
            return made_file(song_text.chords_text(found), _name(track, "chords.txt"))
        case "json":
            body = ChordsBody(data=[ChordOut.of(one) for one in found])
            return JSONResponse(body.model_dump(mode="json"))


@ROUTES.get("/{track_id}/beats", response_model=BeatsBody, responses=_TEXTS)
async def beats(
    track_id: uuid.UUID,
    services: S,
    user: User,
    *,
    format_: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> Response:
    """Return the beats of the newest analysis that has them; csv is a file to keep."""
    track = await _track(services, user, track_id)
    found = _beats(_require(track, "beats"))
    if format_ == "csv":
        text = song_text.beats_csv(found.beats_s, found.downbeats_s)
        return made_file(text, _name(track, "beats.csv"))
    return JSONResponse(BeatsBody(data=found).model_dump(mode="json"))


@ROUTES.get(
    "/{track_id}/midi",
    response_class=FileResponse,
    responses=file_answers("audio/midi", description="A Standard MIDI File, format 1."),
)
async def midi(track_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the notes that a job `transcribe` wrote down last: a tempo map, a track per stem."""
    track = await _track(services, user, track_id)
    job = tracks.newest_done(track, "transcribe")
    if job is None or job.output_path is None:
        raise errors.NotFound(
            "notes_not_made",
            "The notes of this track have not been written down yet.",
            "Run the stage transcribe, then ask again.",
        )
    return attachment(services.tools.storage.path(job.output_path), _name(track, "notes.mid"))


_SECTION = tuple(SectionOut.model_fields)
Row = TypeVar("Row", ChordOut, SectionOut)


def _version(track: Track, job_id: uuid.UUID | None) -> tuple[Callable[[float], float], int]:
    """Return where a moment of the recording lies in a version, and how much higher it sounds."""
    if job_id is None:
        return lambda time_s: time_s, 0
    done = (job for job in track.jobs if job.stage == "warp" and job.status == Status.COMPLETED)
    job = next((one for one in done if one.id == job_id), None)
    if job is None:
        raise errors.NotFound(
            "version_not_found", "There is no such version of this track.", "Make it again."
        )
    rate, grid = float(job.options["rate"]), warp.grid_of(track, job.options)
    return (
        lambda time_s: round(warper.moved(time_s, rate=rate, grid=grid), 4),
        round(job.options["semitones"]),
    )


def _moved(row: Row, at: Callable[[float], float]) -> Row:
    times_s = {"start_s": at(row.start_s), "end_s": at(row.end_s)}
    return row.model_copy(update=times_s)


def _beats(found: dict[str, Any]) -> BeatsOut:
    return BeatsOut(
        beats_s=found.get("beats_s") or [],
        downbeats_s=found.get("downbeats_s") or [],
        beats_per_bar=found.get("beats_per_bar"),
    )


def _heard(track: Track) -> dict[str, Any]:
    """Return the chords, and the key that says how their notes are written."""
    return {name: tracks.newest_feature(track, name) for name in ("chords", "key")}


def _require(track: Track, feature: str) -> dict[str, Any]:
    found = tracks.newest_feature(track, feature)
    if found is None:
        raise errors.NotFound(
            "feature_not_found",
            f"No analysis of this track has {feature} yet.",
            "Run the stage analyze, then ask again.",
        )
    return found


def _name(track: Track, rest: str) -> str:
    return " - ".join(filter(None, (track.artist, track.title, rest)))


async def _track(services: S, user: uuid.UUID, track_id: uuid.UUID) -> Track:
    async with services.tools.database.transaction() as session:
        return await tracks.get(session, user, track_id)
