"""How fast the work went before, for honest estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from soundforge.library.lifecycle import Status
from soundforge.library.models import Job

if TYPE_CHECKING:
    from soundforge.db.session import Session


async def recent_rates(session: Session, stage: str, model: str | None) -> list[float]:
    """Return the last measured speeds of a stage, in seconds of audio per second of work."""
    statement = (
        select(Job.results["realtime_factor"].as_float())
        .where(
            Job.stage == stage,
            Job.status == Status.COMPLETED,
            Job.results.has_key("realtime_factor"),
        )
        .order_by(Job.finished_at.desc())
        .limit(8)
    )
    if model is not None:
        statement = statement.where(Job.model == model)
    return [rate for rate in await session.scalars(statement) if rate]
