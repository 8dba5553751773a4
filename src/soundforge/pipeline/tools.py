"""What the stages work with, handed to them by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from soundforge.pipeline.admission import Admission

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.audio.chords import ChordEngine
    from soundforge.audio.downloader import Downloader
    from soundforge.audio.engine import Engine
    from soundforge.audio.media import Limits
    from soundforge.audio.models import Models
    from soundforge.db.session import Database
    from soundforge.jobs import Queue
    from soundforge.providers.base import Provider
    from soundforge.storage.local import Storage


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors to everything outside a stage.

    Args:
        node: Name of this process in the rows; the same again after a restart of the same
            data folder.
        max_runs: Runs of one job before it fails.
        threads: Threads of one engine.
        upload_bytes: Largest file that may be sent.
        free_disk_bytes: Space that work must leave free.
        chord_engine: Who names chords where a job does not say.
        admission: Who may begin work that needs much memory.
    """

    database: Database
    queue: Queue
    storage: Storage
    engine: Engine
    models: Models
    downloader: Downloader
    providers: Sequence[Provider]
    limits: Limits
    node: str
    max_runs: int
    threads: int
    upload_bytes: int
    free_disk_bytes: int
    chord_engine: ChordEngine = "fast"
    admission: Admission = field(default_factory=Admission)
