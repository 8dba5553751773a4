"""Say what changed, at the commit of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from soundforge.events import BatchChanged, JobChanged, PipelineCompleted, QueueMoved, TrackChanged
from soundforge.library.lifecycle import PIPELINE, Status
from soundforge.library.models import Job
from soundforge.pubsub import message

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from soundforge.db.session import Session
    from soundforge.events import Event

_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(:payloads) AS payload").bindparams(
    bindparam("payloads", type_=ARRAY(Text))
)


async def tracks_changed(session: Session, track_ids: Iterable[uuid.UUID]) -> None:
    """Tell everyone who looks at these tracks, or at the library."""
    await _announce(session, [TrackChanged(track_id) for track_id in track_ids])


async def batch_changed(session: Session, batch_id: uuid.UUID) -> None:
    """Tell everyone who looks at the owner's batches."""
    await _announce(session, [BatchChanged(batch_id)])


async def jobs_changed(
    session: Session, changed: Iterable[Job], *, is_progress: bool = False
) -> None:
    """Tell everyone who follows these jobs, their tracks, or the library.

    And everyone who waits in line, unless it is only progress: else a job came, began or ended.
    """
    moved = [] if is_progress else [QueueMoved()]
    await _announce(
        session,
        [
            *moved,
            *(
                JobChanged(
                    job.id,
                    job.track_id,
                    job.stage,
                    str(job.status),
                    job.progress,
                    job.attempt,
                    job.ready_s,
                    job.batch_id,
                )
                for job in changed
            ),
        ],
    )


async def pipeline_if_completed(session: Session, ended: Job) -> None:
    """Tell who follows the track or its jobs that its whole way is done, if ``ended`` ends it."""
    if ended.stage not in PIPELINE:
        return
    track_id = ended.track_id
    statement = (
        select(Job)
        .where(Job.track_id == track_id, Job.stage.in_(PIPELINE))
        .order_by(Job.inserted_at)
    )
    latest = {job.stage: job for job in await session.scalars(statement)}
    if all(job.status == Status.COMPLETED for job in latest.values()):
        await _announce(session, [PipelineCompleted(track_id)])


async def _announce(session: Session, happened: Iterable[Event]) -> None:
    """Send everything in one statement: an album of songs is some hundred announcements."""
    payloads = [
        message.encode(topic, name, data)
        for event in happened
        for topic, name, data in event.announcements()
    ]
    values = {"channel": message.CHANNEL, "payloads": list(dict.fromkeys(payloads))}
    if payloads:
        await session.execute(_NOTIFY, values)
