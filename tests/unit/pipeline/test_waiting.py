"""Whoever waits is told what for."""

from datetime import UTC, datetime, timedelta

import pytest

from soundforge.library import ProcessingJob
from soundforge.pipeline import waiting

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SAD = "The disk is full."


@pytest.mark.parametrize(
    ("after_s", "error", "workers", "said"),
    [
        (None, None, 3, "Starts when a worker is free."),
        (-5, SAD, 3, "Starts when a worker is free."),
        (20, SAD, 3, f"{SAD} It is tried again by itself in less than a minute."),
        (61, SAD, 1, f"{SAD} It is tried again by itself within 2 minutes."),
        (20, None, 1, "It is tried again by itself in less than a minute."),
        (20, SAD, 0, "No worker is running; it starts when one does."),
        (None, None, 0, "No worker is running; it starts when one does."),
    ],
)
def test_a_job_that_waits_says_why(after_s, error, workers, said):
    not_before = None if after_s is None else NOW + timedelta(seconds=after_s)
    job = ProcessingJob(not_before=not_before, error_message=error)

    assert waiting.reason(job, now=NOW, live_workers=workers) == said


@pytest.mark.parametrize(
    ("workers", "said"),
    [(1, "Waits for memory."), (0, "No worker is running; it starts when one does.")],
)
def test_a_run_that_had_to_wait_has_said_why(workers, said):
    job = ProcessingJob(message="Waits for memory")

    assert waiting.reason(job, now=NOW, live_workers=workers) == said
