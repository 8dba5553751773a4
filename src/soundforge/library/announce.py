"""Say what changed, at the commit of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from soundforge.events import JobChanged, PipelineCompleted, TrackChanged
from soundforge.pubsub import message

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from soundforge.db.session import Session
    from soundforge.events import Event
    from soundforge.library.models import Job

_NOTIFY = text("SELECT pg_notify(:channel, payload) FROM unnest(:payloads) AS payload").bindparams(
    bindparam("payloads", type_=ARRAY(Text))
)


async def tracks_changed(session: Session, track_ids: Iterable[uuid.UUID]) -> None:
    """Tell everyone who looks at these tracks, or at the library."""
    await _announce(session, [TrackChanged(track_id) for track_id in track_ids])


async def jobs_changed(session: Session, changed: Iterable[Job]) -> None:
    """Tell everyone who follows these jobs, their tracks, or the library."""
    await _announce(
        session,
        [
            JobChanged(job.id, job.track_id, job.stage, str(job.status), job.progress, job.attempt)
            for job in changed
        ],
    )


async def pipeline_completed(
    session: Session, track_id: uuid.UUID, job_ids: Iterable[uuid.UUID]
) -> None:
    """Tell everyone who follows the track or its jobs that its whole way is done."""
    await _announce(session, [PipelineCompleted(track_id, tuple(job_ids))])


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
