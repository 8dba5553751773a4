"""What a track as a whole is doing: one rule, for a card in Python and for a filter in SQL.

Only the newest job of each stage of the pipeline counts; what is done by request (notes, a warp)
does not change what a track is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

from sqlalchemy import String, case, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, array, distinct_on

from soundforge.library.lifecycle import PIPELINE, Status
from soundforge.library.models import Job, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

State: TypeAlias = Literal["empty", "queued", "working", "ready", "failed", "cancelled"]
"""``empty``: no work was asked for yet."""

Filter: TypeAlias = Literal["all", "ready", "working", "attention"]

FILTERS: Final[dict[Filter, frozenset[State]]] = {
    "all": frozenset(get_args(State)),
    "ready": frozenset({"ready"}),
    "working": frozenset({"queued", "working"}),
    "attention": frozenset({"failed", "cancelled"}),
}
"""The states of the tracks that a filter shows."""

#: The first row all of whose statuses are among those of the jobs tells the track's state.
_RULE: Final[tuple[tuple[frozenset[Status], State], ...]] = (
    (frozenset({Status.DOWNLOADING}), "working"),
    (frozenset({Status.PROCESSING}), "working"),
    (frozenset({Status.FAILED}), "failed"),
    (frozenset({Status.QUEUED, Status.COMPLETED}), "working"),
    (frozenset({Status.QUEUED}), "queued"),
    (frozenset({Status.CANCELLED}), "cancelled"),
    (frozenset({Status.COMPLETED}), "ready"),
)
_OTHERWISE: Final[State] = "empty"


def of(statuses: Iterable[str]) -> State:
    """Return the state of a track whose newest jobs have these statuses.

    >>> of(["completed", "queued"]), of(["queued"]), of([])
    ('working', 'queued', 'empty')
    """
    found = frozenset(statuses)
    return next((state for wanted, state in _RULE if wanted <= found), _OTHERWISE)


def column() -> ColumnElement[str]:
    """Return the state of each `Track` of a query."""
    newest = (
        select(Job.status)
        .where(Job.track_id == Track.id, Job.stage.in_(PIPELINE))
        .correlate(Track)
        .ext(distinct_on(Job.stage))
        .order_by(Job.stage, Job.inserted_at.desc())
        .lateral()
    )
    found = func.array_agg(newest.c.status, type_=ARRAY(String))
    rule = [(found.bool_op("@>")(_array(wanted)), state) for wanted, state in _RULE]
    return select(case(*rule, else_=_OTHERWISE)).select_from(newest).scalar_subquery()


def _array(wanted: Iterable[Status]) -> ColumnElement[Any]:
    return cast(array(sorted(wanted)), ARRAY(String))
