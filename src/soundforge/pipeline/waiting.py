"""Why a job waits, in a sentence; and how a run says that its job must wait."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from soundforge.library import Job


class MustWaitError(Exception):
    """A run gives its place at work back until it can go on; no failure.

    Args:
        reason: What it waits for, as the page says it.
        after_s: By itself it looks again so many seconds later.
        lock: It waits for whoever holds this lock of the queue.
    """

    def __init__(self, reason: str, *, after_s: float = 0.0, lock: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.after_s, self.lock = reason, after_s, lock


def reason(job: Job, *, now: datetime, live_workers: int) -> str:
    """Return why a queued job does not run.

    Args:
        job: The job.
        now: The time, to tell how long a retry waits.
        live_workers: How many workers have shown a sign of life lately.
    """
    if live_workers == 0:
        return "No worker is running; it starts when one does."
    if job.message:
        return f"{job.message}."
    if job.not_before is None or job.not_before <= now:
        return "Starts when a worker is free."
    left_s = (job.not_before - now).total_seconds()
    when = "in less than a minute" if left_s < 60 else f"within {math.ceil(left_s / 60)} minutes"
    return f"{job.error_message or ''} It is tried again by itself {when}.".strip()
