"""Rows to views: one stage, one stem."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from soundforge.web.track_view import ErrorView, StageStatus, StageView, StemView

if TYPE_CHECKING:
    from soundforge.library import Job, Stem
    from soundforge.library.lifecycle import Work
    from soundforge.pipeline.outlook import Outlook


def stage_view(name: Work, job: Job, look: Outlook | None) -> StageView:
    """Return ``job`` as a page shows it; ``look`` is what it has before it."""
    eta = look.eta if look else None
    error = None
    if job.error_code is not None:
        error = ErrorView(job.error_code, job.error_message or "", job.error_next_step or "")
    return StageView(
        name,
        cast("StageStatus", job.status),
        job_id=str(job.id),
        progress=job.progress,
        message=look.reason if look and look.reason else job.message,
        started_at=job.started_at,
        finished_at=job.finished_at,
        eta_s=eta.left_s if eta else None,
        eta_error_s=eta.error_s if eta else None,
        queue_position=look.queue_position if look else None,
        attempt=job.attempt,
        model=job.model,
        ready_s=job.ready_s,
        note=job.options.get("note", ""),
        error=error,
    )


def stem_view(stem: Stem, job: Job, pieces_rate_hz: int | None = None) -> StemView:
    """Return a finished ``stem`` with its addresses.

    Args:
        stem: The row.
        job: Whose it is.
        pieces_rate_hz: Rate of its pieces where it may be another than its file's.
    """
    base = f"/api/v1/stems/{stem.id}"
    return StemView(
        id=str(stem.id),
        job_id=str(stem.job_id),
        stem_type=stem.stem_type,
        label=stem.stem_type.capitalize(),
        chunks_url=f"{base}/chunks",
        chunk_s=job.chunk_s,
        peaks_url=f"{base}/peaks",
        file_url=f"{base}/file",
        size_bytes=stem.file_size,
        duration_s=stem.duration_s,
        sample_rate_hz=pieces_rate_hz or stem.sample_rate_hz,
    )
