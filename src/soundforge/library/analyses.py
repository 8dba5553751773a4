"""Analyses: record the numbers of one, and tell what all of a track's found together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from soundforge import errors
from soundforge.library.models import AnalysisResult, Job, Track

if TYPE_CHECKING:
    import uuid

    from soundforge.db.session import Session

#: The feature that each number of a row comes from.
_FEATURE_OF: Final = {
    "tempo": "tempo",
    "key": "key",
    "energy": "energy",
    "spectral_centroid": "spectral",
    "spectral_rolloff": "spectral",
    "zero_crossing_rate": "spectral",
}


async def record(session: Session, job: Job, **fields: Any) -> None:
    """Record what ``job`` found; older analyses of the track stay."""
    session.add(AnalysisResult(job_id=job.id, track_id=job.track_id, **fields))
    await session.flush()


async def get(
    session: Session, owner_id: uuid.UUID, analysis_id: uuid.UUID
) -> tuple[AnalysisResult, Track]:
    """Return the owner's analysis and its track.

    Raises:
        errors.NotFound: There is no such analysis, or it is somebody else's
            (``analysis_not_found``).
    """
    statement = (
        select(AnalysisResult, Track)
        .join(Track, AnalysisResult.track_id == Track.id)
        .where(
            AnalysisResult.id == analysis_id,
            Track.owner_id == owner_id,
            Track.deleted_at.is_(None),
        )
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise errors.NotFound("analysis_not_found", "There is no such analysis.")
    return row[0], row[1]


def newest(track: Track) -> AnalysisResult | None:
    """Return what is known of ``track``: of each feature what the newest analysis of it found.

    An analysis of the key alone takes nothing away from what an older one found of the rest. Id,
    job and time are those of the newest analysis. The row is made up, in no session and never
    written; None without an analysis.
    """
    if not track.analyses:
        return None
    found: dict[str, Any] = {}
    numbers = dict.fromkeys(_FEATURE_OF)
    for one in track.analyses:
        found |= one.features
        # A feature that was looked for again and not found is not known any more.
        numbers |= {
            number: getattr(one, number)
            for number, feature in _FEATURE_OF.items()
            if feature in one.features
        }
    last = track.analyses[-1]
    return AnalysisResult(
        id=last.id,
        job_id=last.job_id,
        track_id=last.track_id,
        inserted_at=last.inserted_at,
        features=found,
        **numbers,
    )
