"""Analyses: the numbers, and all of them as a file to take along."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from soundforge import errors
from soundforge.audio import chords
from soundforge.library import analyses
from soundforge.web.api.asked import Recorded
from soundforge.web.errors import answers
from soundforge.web.files import made_file

if TYPE_CHECKING:
    from typing import Self

    from soundforge.library import AnalysisResult, Track

ROUTES = APIRouter(tags=["analyses"])


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
    features: dict[str, Any]
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
    return made_file(body.model_dump_json(indent=1), song.file_name("analysis.json"))
