"""Analyses: record the numbers of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundforge.library.models import AnalysisResult, Job

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def record(session: Session, job: Job, **fields: Any) -> None:
    """Record what ``job`` found; older analyses of the track stay."""
    session.add(AnalysisResult(job_id=job.id, track_id=job.track_id, **fields))
    await session.flush()
