"""How a run ends, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Done:
    """The work is saved."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Run again, not before ``after_s`` seconds from now."""

    reason: str
    after_s: float


@dataclass(frozen=True, slots=True)
class Snooze:
    """Run again when there is reason to, keeping the place in line; no attempt is counted.

    Args:
        reason: Why, for the log.
        after_s: By itself not before so many seconds from now; `snooze.wake` is sooner.
        lock: Not while another queue job runs that holds this lock.
    """

    reason: str
    after_s: float = 0.0
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Never run again; why, for the log."""

    reason: str


Outcome: TypeAlias = Done | Retry | Snooze | Failed


class Abort(Enum):
    """Why a run is being cancelled."""

    USER = "user"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a queue job.

    Args:
        queue_job_id: procrastinate's id.
        task: Name of the task.
        args: What `Queue.enqueue` was given.
        abort: Why the run is being cancelled, or None; look when cancelled.
    """

    queue_job_id: int
    task: str
    args: dict[str, Any] = field(default_factory=dict)
    abort: Callable[[], Abort | None] = field(default=lambda: None)


Handler: TypeAlias = "Callable[[Run], Awaitable[Outcome]]"
