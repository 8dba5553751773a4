"""Why a job failed, as every interface says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from soundforge.library import Job


def error_out(job: Job) -> dict[str, str] | None:
    """Return code, sentence and next step of a job's error; None if it has none."""
    if job.error_code is None:
        return None
    return {
        "code": job.error_code,
        "message": job.error_message or "",
        "next_step": job.error_next_step or "",
    }
