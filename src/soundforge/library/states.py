"""What a track as a whole is doing, as a condition in SQL.

Only the newest job of each stage of the pipeline counts; what is done by request (notes, a warp)
does not change what a track is. The same rule makes the words on a card
(``web/views.py``); a test holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sqlalchemy import String, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array, distinct_on

from soundforge.library.lifecycle import PIPELINE, Status
from soundforge.library.models import Job, Track

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

State: TypeAlias = Literal["ready", "working", "attention"]
Filter: TypeAlias = Literal["all", "ready", "working", "attention"]

STATES: Final[tuple[State, ...]] = ("ready", "working", "attention")


def statuses() -> ColumnElement[Any]:
    """Return the statuses of the newest job of each stage of a `Track`; null without jobs."""
    newest = (
        select(Job.status)
        .where(Job.track_id == Track.id, Job.stage.in_(PIPELINE))
        .correlate(Track)
        .ext(distinct_on(Job.stage))
        .order_by(Job.stage, Job.inserted_at.desc())
        .lateral()
    )
    return select(func.array_agg(newest.c.status, type_=ARRAY(String))).scalar_subquery()


def is_in(state: State, of: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return whether a track whose `statuses` are ``of`` is in ``state``.

    ``working``: a job runs, or waits and none has failed. ``attention``: otherwise, one failed
    or was cancelled. ``ready``: all completed. A track without jobs is in none.
    """
    runs = _has(of, Status.DOWNLOADING, Status.PROCESSING)
    waits, failed = _has(of, Status.QUEUED), _has(of, Status.FAILED)
    cancelled = _has(of, Status.CANCELLED)
    match state:
        case "working":
            return or_(runs, and_(waits, ~failed))
        case "attention":
            return and_(~runs, or_(failed, and_(cancelled, ~waits)))
        case "ready":
            return of.bool_op("<@")(_array(Status.COMPLETED))


def _has(of: ColumnElement[Any], *wanted: Status) -> ColumnElement[bool]:
    return of.bool_op("&&")(_array(*wanted))


def _array(*wanted: Status) -> ColumnElement[Any]:
    return cast(array([str(status) for status in wanted]), ARRAY(String))
