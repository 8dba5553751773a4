"""Everything that can be announced, and on which topics. Ids and numbers only: state is in rows.

A receiver that misses an announcement loses nothing; it reads the rows again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

TRACKS: Final = "tracks"
TRACK_CHANGED: Final = "track_changed"
BATCHES: Final = "batches"
BATCH_CHANGED: Final = "batch_changed"
QUEUE: Final = "queue"
QUEUE_MOVED: Final = "queue_moved"
JOB_PROGRESS: Final = "job:progress"
JOB_COMPLETED: Final = "job:completed"
JOB_FAILED: Final = "job:failed"
PIPELINE_PROGRESS: Final = "pipeline:progress"
PIPELINE_COMPLETE: Final = "pipeline:complete"
RESYNC: Final = "resync"

Announcement: TypeAlias = tuple[str, str, dict[str, Any]]
"""Topic, event, data."""


def track_topic(track_id: object) -> str:
    """Return the topic of one track."""
    return f"tracks:{track_id}"


def job_event(status: str) -> str:
    """Return what a job's own followers are told when it has ``status``."""
    ends = {"completed": JOB_COMPLETED, "failed": JOB_FAILED, "cancelled": JOB_FAILED}
    return ends.get(status, JOB_PROGRESS)


@dataclass(frozen=True, slots=True)
class TrackChanged:
    """A track was added, changed, deleted or restored."""

    track_id: object

    def announcements(self) -> list[Announcement]:
        """Return what is sent where."""
        data = {"id": str(self.track_id)}
        return [
            (TRACKS, TRACK_CHANGED, data),
            (track_topic(self.track_id), TRACK_CHANGED, data),
        ]


@dataclass(frozen=True, slots=True)
class BatchChanged:
    """A batch was begun, or put away."""

    batch_id: object

    def announcements(self) -> list[Announcement]:
        """Return what is sent where."""
        return [(BATCHES, BATCH_CHANGED, {"id": str(self.batch_id)})]


@dataclass(frozen=True, slots=True)
class QueueMoved:
    """A job came, began or ended: places in line may have changed, whoever waits there."""

    def announcements(self) -> list[Announcement]:
        """Return what is sent where."""
        return [(QUEUE, QUEUE_MOVED, {})]


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job moved: its status or its progress.

    Its own followers listen to the track, too: only within one topic is the order kept.

    Args:
        stage: ``download``, ``separate`` or ``analyze``.
        progress: Percent, 0 to 100.
        ready_s: How many seconds of every stem can be played already.
        batch_id: The batch it belongs to; None for none.
    """

    job_id: object
    track_id: object
    stage: str
    status: str
    progress: int
    attempt: int
    ready_s: float = 0.0
    batch_id: object = None

    def announcements(self) -> list[Announcement]:
        """Return what is sent where."""
        data = {
            "job_id": str(self.job_id),
            "track_id": str(self.track_id),
            "stage": self.stage,
            "status": self.status,
            "progress": self.progress,
            "attempt": self.attempt,
            "ready_s": self.ready_s,
        }
        changed = {"id": str(self.track_id)}
        of_batch = BatchChanged(self.batch_id).announcements() if self.batch_id else []
        return [
            (track_topic(self.track_id), PIPELINE_PROGRESS, data),
            (TRACKS, TRACK_CHANGED, changed),
            *of_batch,
        ]


@dataclass(frozen=True, slots=True)
class PipelineCompleted:
    """Every job of a track's way through the pipeline has completed; announced once."""

    track_id: object

    def announcements(self) -> list[Announcement]:
        """Return what is sent where."""
        data = {"track_id": str(self.track_id)}
        return [(track_topic(self.track_id), PIPELINE_COMPLETE, data)]


Event: TypeAlias = TrackChanged | BatchChanged | QueueMoved | JobChanged | PipelineCompleted
