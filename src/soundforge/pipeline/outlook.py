"""What a waiting or running job has before it: its place in line and why, its time left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge.db.base import utc_now
from soundforge.jobs import inspect
from soundforge.library import Job, Status, Track, throughput
from soundforge.pipeline import eta
from soundforge.pipeline import waiting as why

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.db.session import Session
    from soundforge.pipeline.eta import Eta

_SIGN_OF_LIFE_S: Final = 60.0  # heartbeats come every few seconds, also under load


@dataclass(frozen=True, slots=True)
class Outlook:
    """The near future of one job; None or empty where it is not known or does not apply."""

    eta: Eta | None = None
    queue_position: int | None = None
    reason: str = ""


async def look(session: Session, found: Sequence[Track]) -> dict[uuid.UUID, Outlook]:
    """Return the outlook of every waiting or running job of ``found``, by the job's id."""
    pairs = [(track, job) for track in found for job in track.jobs]
    waiting = [job for _, job in pairs if job.status == Status.QUEUED]
    running = [(track, job) for track, job in pairs if Status(job.status).is_running]
    queue_ids = [job.queue_job_id for job in waiting if job.queue_job_id is not None]
    places = await inspect.positions(session, queue_ids) if queue_ids else {}
    kinds = {job.id: throughput.kind(job.stage, job.model, job.options) for _, job in running}
    rates = {kind: await throughput.recent_rates(session, kind) for kind in set(kinds.values())}
    live_workers = await inspect.live_workers(session, grace_s=_SIGN_OF_LIFE_S) if waiting else 0
    now = utc_now()
    outlooks = {
        job.id: Outlook(
            queue_position=places.get(job.queue_job_id or 0),
            reason=why.reason(job, now=now, live_workers=live_workers),
        )
        for job in waiting
    }
    for track, job in running:
        outlooks[job.id] = Outlook(eta=_eta(track, job, rates[kinds[job.id]]))
    return outlooks


def _eta(track: Track, job: Job, rates: Sequence[float]) -> Eta | None:
    if job.work_began_at is None:
        return None  # it is being prepared; nobody knows how long that takes
    return eta.estimate(
        rates=rates,
        duration_s=(track.duration_ms or 0) / 1000,
        elapsed_s=(job.updated_at - job.work_began_at).total_seconds(),
        fraction=job.progress / 100,
        began=job.work_began_progress / 100,
        since_s=(utc_now() - job.updated_at).total_seconds(),
    )
