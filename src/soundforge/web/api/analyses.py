"""Analyses: the numbers, and the files with the matrices."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from typing import Self

    from soundforge.library import AnalysisResult


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
            key=result.key,
            energy=result.energy,
            spectral_centroid=result.spectral_centroid,
            spectral_rolloff=result.spectral_rolloff,
            zero_crossing_rate=result.zero_crossing_rate,
            features=result.features,
            inserted_at=result.inserted_at,
        )
