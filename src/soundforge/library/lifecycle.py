"""The life of a job, in one place: which state may follow which.

Within one attempt a status only moves forward, but for a run that must wait: its job is `queued`
as if it had not begun. A retry and a rescue begin a new attempt, in `queued`; an attempt that has
completed is never begun again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, TypeAlias, get_args

from soundforge import errors


class Status(StrEnum):
    """What a job is doing, in the words the API uses."""

    QUEUED = "queued"
    DOWNLOADING = "downloading"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether this attempt has ended."""
        return self in _FINAL

    @property
    def is_running(self) -> bool:
        """Whether a worker is on it."""
        return self in _RUNNING


Stage: TypeAlias = Literal["download", "separate", "analyze"]
PIPELINE: Final[tuple[Stage, ...]] = get_args(Stage)
"""The stages that every track goes through. What is done by request does not change its state."""

Work: TypeAlias = Literal[Stage, "transcribe", "warp"]
"""All that a job can be for: a stage, or what is done by request."""

READS_RECORDING: Final = ("separate", "analyze")
"""The stages that work on the recording, and so not while a download may replace it."""

UNFINISHED: Final = (Status.QUEUED, Status.DOWNLOADING, Status.PROCESSING)
"""Where a job waits or runs."""

_FINAL: Final = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
_RUNNING: Final = {Status.DOWNLOADING, Status.PROCESSING}
_FORWARD: Final[dict[Status, set[Status]]] = {
    Status.QUEUED: {*_RUNNING, Status.FAILED, Status.CANCELLED},
    Status.DOWNLOADING: {Status.PROCESSING, *_FINAL},
    Status.PROCESSING: {*_FINAL},
    Status.COMPLETED: set(),
    Status.FAILED: set(),
    Status.CANCELLED: set(),
}


def excludes(stage: str, other: str) -> bool:
    """Return whether one track's jobs of the two stages cannot wait or run at the same time."""
    return stage == other or (
        "download" in (stage, other) and (stage in READS_RECORDING or other in READS_RECORDING)
    )


def advance(status: Status, to: Status) -> Status:
    """Return ``to`` if an attempt in ``status`` may move there.

    Raises:
        errors.Conflict: It may not (``job_state``).
    """
    if to not in _FORWARD[status]:
        raise errors.Conflict(
            "job_state", f"A job that is {status} cannot become {to}.", "Reload and look again."
        )
    return to


def begin_attempt(status: Status, attempt: int) -> tuple[Status, int]:
    """Return the state and the number of the attempt that follows one in ``status``.

    Raises:
        errors.Conflict: The job has completed; there is nothing to repeat (``job_completed``).
    """
    if status is Status.COMPLETED:
        raise errors.Conflict(
            "job_completed", "This job has completed.", "Start the stage anew instead."
        )
    return Status.QUEUED, attempt + 1


def worker_died(runs: int) -> errors.Unavailable:
    """Return why a job that ended with its worker ``runs`` times is not started again."""
    return errors.Unavailable(
        "worker_died",
        f"The work was started {runs} times and its worker died each time.",
        "Look at the server's log, then retry.",
    )
