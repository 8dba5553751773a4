"""Analyses: the numbers, and the files with the matrices."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio import chords
from soundforge.audio.findings import Findings
from soundforge.library import analyses
from soundforge.storage import layout
from soundforge.web.api.asked import Asked, Recorded
from soundforge.web.errors import answers
from soundforge.web.files import attachment, file_answers
from soundforge.web.services import S, User
from soundforge.web.song_version import Version

if TYPE_CHECKING:
    from typing import Self

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from soundforge.library import AnalysisResult, Track

ROUTES = APIRouter(tags=["analyses"])


class _AsFindings:
    """Describes what goes out as it was stored by `Findings`, which an older analysis may not fit."""

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(Findings.__pydantic_core_schema__)


class AnalysisOut(BaseModel):
    """What one analysis found; null where the recording gives no answer."""

    id: uuid.UUID
    job_id: uuid.UUID
    track_id: uuid.UUID
    tempo: float | None = Field(description="Beats per minute.")
    key: str | None = Field(description="As in `A minor`.")
    energy: float | None = Field(description="RMS level, 0..1; a full-scale square wave is 1.")
    spectral_centroid: float | None = Field(description="Mean, Hz.")
    spectral_rolloff: float | None = Field(description="Mean of the 85 % roll-off, Hz.")
    zero_crossing_rate: float | None = Field(description="Mean, per sample.")
    features: Annotated[dict[str, Any], _AsFindings()]
    inserted_at: datetime

    @classmethod
    def of(cls, result: AnalysisResult) -> Self:
        """Return ``result`` as it goes out."""
        return cls(
            id=result.id,
            job_id=result.job_id,
            track_id=result.track_id,
            tempo=result.tempo,
            key=chords.key_name(result.features) or result.key,
            energy=result.energy,
            spectral_centroid=result.spectral_centroid,
            spectral_rolloff=result.spectral_rolloff,
            zero_crossing_rate=result.zero_crossing_rate,
            features=result.features,
            inserted_at=result.inserted_at,
        )


class AnalysedTrack(BaseModel):
    """What the analysis is of."""

    id: uuid.UUID
    title: str
    artist: str | None
    album: str | None
    duration_s: float | None
    source: str = Field(description="`spotify` or `upload`.")
    spotify_url: str | None
    isrc: str | None

    @classmethod
    def of(cls, track: Track) -> Self:
        """Return ``track`` as it goes out."""
        return cls(
            id=track.id,
            title=track.title,
            artist=track.artist,
            album=track.album,
            duration_s=track.duration_ms / 1000 if track.duration_ms is not None else None,
            source=track.source,
            spotify_url=track.spotify_url,
            isrc=track.isrc,
        )


class AnalysisFile(BaseModel):
    """All that is known of how a track sounds, to take along."""

    track: AnalysedTrack
    analysis: AnalysisOut = Field(
        description="Of each feature the newest that was found; id and time of the newest analysis."
    )
    exported_at: datetime


@ROUTES.get(
    "/tracks/{track_id}/analysis.json", response_model=AnalysisFile, responses=answers(404, 422)
)
async def export(song: Recorded) -> Response:
    """Return all that the analyses of a track found, as one file to keep."""
    found = analyses.newest(song.track)
    if found is None:
        raise errors.NotFound(
            "analysis_not_found",
            "This track has not been analysed yet.",
            "Run the stage analyze, then ask again.",
        )
    body = AnalysisFile(
        track=AnalysedTrack.of(song.track),
        analysis=AnalysisOut.of(found),
        exported_at=datetime.now(UTC),
    )
    return song.kept(body.model_dump_json(indent=1), "analysis.json")


@ROUTES.get(
    "/analyses/{analysis_id}/features.npz",
    response_class=FileResponse,
    responses=file_answers(
        "application/octet-stream", description="Curves and matrices; NumPy's `load` reads it."
    ),
)
async def matrices(analysis_id: uuid.UUID, services: S, user: User) -> FileResponse:
    """Return the curves and matrices behind the numbers of one analysis."""
    async with services.tools.database.transaction() as session:
        result, track = await analyses.get(session, user, analysis_id)
    path = services.tools.storage.path(layout.analysis_features(result.job_id))
    return attachment(path, Asked(track, Version()).file_name("features.npz"))
