"""How fast the work went before, for honest estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from soundforge.library.lifecycle import Status
from soundforge.library.models import Job

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.db.session import Session


class Kind(NamedTuple):
    """Work whose speeds compare.

    Args:
        stage: What is done.
        model: With which model; None where there is none.
        stems: Only these of its stems, which can run a part of its networks; empty for all.
    """

    stage: str
    model: str | None = None
    stems: tuple[str, ...] = ()


def kind(stage: str, model: str | None, options: Mapping[str, Any]) -> Kind:
    """Return the kind of a job, or of a plan, by its columns."""
    return Kind(stage, model, tuple(options.get("stems") or ()))


async def recent_rates(session: Session, of: Kind) -> list[float]:
    """Return the last measured speeds of a kind, in seconds of audio per second of work."""
    nothing = literal([], JSONB)
    statement = (
        select(Job.results["realtime_factor"].as_float())
        .where(
            Job.stage == of.stage,
            Job.status == Status.COMPLETED,
            Job.results.has_key("realtime_factor"),
            func.coalesce(Job.options["stems"], nothing) == literal(list(of.stems), JSONB),
        )
        .order_by(Job.finished_at.desc())
        .limit(8)
    )
    if of.model is not None:
        statement = statement.where(Job.model == of.model)
    return [rate for rate in await session.scalars(statement) if rate]
