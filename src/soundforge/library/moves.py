"""What a job's row holds after each move. The rows are locked by the caller, who announces.

Only `jobs` and `batches` move jobs; both do it with these, so one job and a hundred move alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from soundforge.db.base import utc_now
from soundforge.library import lifecycle
from soundforge.library.lifecycle import Status

if TYPE_CHECKING:
    from soundforge import errors
    from soundforge.library.models import Job


def begin_attempt(job: Job) -> None:
    """Let a new attempt wait; the count of runs goes on.

    Raises:
        errors.Conflict: The job has completed (``job_completed``).
    """
    job.status, job.attempt = lifecycle.begin_attempt(Status(job.status), job.attempt)
    job.progress = 0
    job.ready_s = 0.0
    job.message = ""
    job.started_at = None
    job.content_key = None
    job.work_began_at = None
    job.work_began_progress = 0


def wait(job: Job, reason: str) -> None:
    """Let a job that had begun wait, as if it had not: the same attempt, no run counted."""
    attempt = job.attempt
    begin_attempt(job)
    job.attempt = attempt
    job.runs = max(0, job.runs - 1)
    job.message = reason


def begin_again(job: Job) -> None:
    """Let a job that has ended wait for a queue job of its own, with a fresh count of runs.

    Raises:
        errors.Conflict: The job has completed (``job_completed``).
    """
    begin_attempt(job)
    job.runs = 0
    note(job, None)
    job.finished_at = None
    job.queue_job_id = None


def end(job: Job, status: Status, error: errors.SoundForgeError | None) -> None:
    """End the attempt in ``status``.

    Raises:
        errors.Conflict: It has ended already (``job_state``).
    """
    job.status = lifecycle.advance(Status(job.status), status)
    job.finished_at = utc_now()
    job.not_before = None
    job.message = ""
    note(job, error)


def note(job: Job, error: errors.SoundForgeError | None) -> None:
    """Keep why the last attempt failed; None forgets it."""
    job.error_code = error.code if error else None
    job.error_message = error.message if error else None
    job.error_next_step = error.next_step if error else None
