"""The thin wrapper around procrastinate: queue jobs in, outcomes out.

It knows no music. A *queue job* is procrastinate's row; a *job* is the library's row that the
user sees. This folder adds what the library leaves open: a queue job in the caller's
transaction, outcomes as values, cancel, locks and waits without a worker, and the rescue of orphans
with a counted attempt.
"""

from soundforge.jobs.outcome import Abort, Done, Failed, Outcome, Retry, Run, Snooze
from soundforge.jobs.queue import Queue

__all__ = ["Abort", "Done", "Failed", "Outcome", "Queue", "Retry", "Run", "Snooze"]
