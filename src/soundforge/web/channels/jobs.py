"""Topic ``jobs:<id>``: follow one job, and what its track's pipeline does."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors, events
from soundforge.library import Job, jobs
from soundforge.live.channel import UNKNOWN_EVENT, Channel, JoinRefused, Reply
from soundforge.web.job_error import error_out

if TYPE_CHECKING:
    from collections.abc import Hashable

    from soundforge.live.bus import Message
    from soundforge.live.protocol import Payload
    from soundforge.web.services import Services

PATTERN: Final = "jobs:*"
_ENDED: Final = {events.JOB_COMPLETED, events.JOB_FAILED}


class JobChannel(Channel):
    """One client following one job.

    Pushes ``job:progress``, ``job:completed``, ``job:failed``, ``pipeline:progress`` and
    ``pipeline:complete``; answers ``ping``. Announcements carry ids and numbers only: why a job
    failed, what it measured and the track's title are added here.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._track_title = ""

    async def join(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Let the owner of the job in; answer with its state now."""
        del payload
        job = await self._owned()
        self._track_title = job.track.title
        self.subscribe(events.track_topic(job.track_id))
        return _state(await self._owned())

    async def handle_in(self, event: str, payload: Payload) -> Reply | None:
        """Answer ``ping``."""
        del payload
        return Reply("ok", {"pong": True}) if event == "ping" else UNKNOWN_EVENT

    async def handle_info(self, message: Message) -> None:
        """Pass announcements on; after a gap, say what is true now."""
        if message.event == events.RESYNC:
            if (job := await self._found()) is not None:
                await self._tell_job(_state(job))
        elif message.event == events.PIPELINE_PROGRESS:
            if self.topic == f"jobs:{message.data['job_id']}":
                await self._tell_job(message.data)
            self._tell_pipeline(message)
        elif message.event == events.PIPELINE_COMPLETE:
            self._tell_pipeline(message)

    def merge_key(self, message: Message) -> Hashable | None:
        """Keep only the newest progress of a job that nobody has looked at yet."""
        if message.event != events.PIPELINE_PROGRESS:
            return None
        if events.job_event(message.data["status"]) in _ENDED:
            return None
        return message.event, message.data["job_id"]

    async def _tell_job(self, data: dict[str, Any]) -> None:
        event = events.job_event(data["status"])
        if event in _ENDED:
            job = await self._found()
            error, results = (error_out(job), job.results) if job else (None, None)
            data = {**data, "error": error, "results": results}
        self.push(event, data)

    def _tell_pipeline(self, message: Message) -> None:
        self.push(message.event, {**message.data, "track_title": self._track_title})

    async def _found(self) -> Job | None:
        """Return the job that was joined, also when its track is in the bin; None if it is gone."""
        async with self._services.tools.database.transaction() as session:
            return await jobs.find(session, uuid.UUID(self.topic.partition(":")[2]))

    async def _owned(self) -> Job:
        refused = JoinRefused("job_not_found")
        job_id = _id_in(self.topic)
        if job_id is None:
            raise refused
        async with self._services.tools.database.transaction() as session:
            try:
                return await jobs.get(session, self.assigns["user_id"], job_id)
            except errors.NotFound:
                raise refused from None


def _id_in(topic: str) -> uuid.UUID | None:
    """Return the id in ``topic``; None unless it is written as we announce it."""
    text = topic.partition(":")[2]
    try:
        job_id = uuid.UUID(text)
    except ValueError:
        return None
    return job_id if str(job_id) == text else None


def _state(job: Job) -> dict[str, Any]:
    return {
        "job_id": str(job.id),
        "track_id": str(job.track_id),
        "stage": job.stage,
        "status": job.status,
        "progress": job.progress,
        "attempt": job.attempt,
        "ready_s": job.ready_s,
    }
