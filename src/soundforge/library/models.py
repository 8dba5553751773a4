"""The tables of the library. Private to this folder; its functions are the way in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from soundforge.db.base import Base, Entity
from soundforge.library.lifecycle import Status
from soundforge.storage import layout

_STATUSES = ", ".join(f"'{status}'" for status in Status)


class Track(Entity, Base):
    """One entry of somebody's library; its recording is the mix on disk."""

    __tablename__ = "tracks"
    __table_args__ = (
        # Two people may keep the same song; one person keeps it once.
        Index(
            "uq_tracks_owner_id_spotify_id",
            "owner_id",
            "spotify_id",
            unique=True,
            postgresql_where=text("spotify_id IS NOT NULL AND deleted_at IS NULL"),
        ),
        Index("ix_tracks_owner_id_inserted_at", "owner_id", "inserted_at", "id"),
    )

    owner_id: Mapped[uuid.UUID]
    spotify_id: Mapped[str | None] = mapped_column(String(22))
    spotify_url: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    artist: Mapped[str | None] = mapped_column(Text)
    album: Mapped[str | None] = mapped_column(Text)
    album_art_url: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(String(20))
    isrc: Mapped[str | None] = mapped_column(String(20))
    recording_path: Mapped[str | None] = mapped_column(Text)
    recording_sha256: Mapped[str | None] = mapped_column(String(64))
    recording_format: Mapped[str | None] = mapped_column(String(20))
    sample_rate_hz: Mapped[int | None] = mapped_column(Integer)
    channels: Mapped[int | None] = mapped_column(Integer)
    cover_path: Mapped[str | None] = mapped_column(Text)
    peaks_path: Mapped[str | None] = mapped_column(Text)
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    jobs: Mapped[list[Job]] = relationship(
        back_populates="track", order_by="Job.inserted_at", passive_deletes=True, lazy="raise"
    )
    stems: Mapped[list[Stem]] = relationship(
        order_by="Stem.inserted_at", passive_deletes=True, lazy="raise"
    )
    analyses: Mapped[list[AnalysisResult]] = relationship(
        order_by="AnalysisResult.inserted_at", passive_deletes=True, lazy="raise"
    )


class Batch(Entity, Base):
    """Work on several tracks that was asked for in one go; its jobs name it."""

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_owner_id_inserted_at", "owner_id", "inserted_at", "id"),)

    owner_id: Mapped[uuid.UUID]
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    model: Mapped[str | None] = mapped_column(String(64))
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Job(Entity, Base):
    """What the user sees of one piece of work. A kind for each stage, one space of ids."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(f"status IN ({_STATUSES})", name="status"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        Index("ix_jobs_track_id_inserted_at", "track_id", "inserted_at"),
        Index("ix_jobs_content_key", "content_key"),
        Index("ix_jobs_batch_id", "batch_id"),
        Index(
            "ix_jobs_unfinished",
            "stage",
            "inserted_at",
            postgresql_where=text("status IN ('queued', 'downloading', 'processing')"),
        ),
    )
    __mapper_args__ = {
        "polymorphic_on": "stage",
        "polymorphic_abstract": True,
    }

    track_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("batches.id", ondelete="SET NULL")
    )
    stage: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=Status.QUEUED)
    ready_s: Mapped[float] = mapped_column(Float, default=0.0)
    chunk_s: Mapped[int] = mapped_column(Integer, default=layout.CHUNK_S)
    progress: Mapped[int] = mapped_column(Integer, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    attempt: Mapped[int] = mapped_column(Integer, default=1)
    runs: Mapped[int] = mapped_column(Integer, default=0)
    queue_job_id: Mapped[int | None] = mapped_column(BigInteger, index=True)
    node: Mapped[str | None] = mapped_column(String(64))
    priority: Mapped[int] = mapped_column(Integer, default=10)
    then: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_next_step: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    work_began_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    work_began_progress: Mapped[int] = mapped_column(Integer, default=0)
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    not_before: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    output_path: Mapped[str | None] = mapped_column(Text)
    file_size: Mapped[int | None] = mapped_column(BigInteger)
    model: Mapped[str | None] = mapped_column(String(64))
    results: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    content_key: Mapped[str | None] = mapped_column(String(64))

    track: Mapped[Track] = relationship(back_populates="jobs", lazy="raise")


class DownloadJob(Job):
    """A link becomes a recording: ``output_path``, ``file_size``."""

    __mapper_args__ = {"polymorphic_identity": "download"}


class ProcessingJob(Job):
    """A recording becomes stems: ``model``, ``options``, ``output_path``."""

    __mapper_args__ = {"polymorphic_identity": "separate"}


class AnalysisJob(Job):
    """A recording becomes numbers: ``results``."""

    __mapper_args__ = {"polymorphic_identity": "analyze"}


class TranscriptionJob(Job):
    """Stems become notes, by request: ``options``, ``output_path``, ``file_size``, ``results``."""

    __mapper_args__ = {"polymorphic_identity": "transcribe"}


class WarpJob(Job):
    """Stems become stems of another tempo or key, by request: ``options``, ``output_path``."""

    __mapper_args__ = {"polymorphic_identity": "warp"}


KINDS: Final[Mapping[str, type[Job]]] = {
    "download": DownloadJob,
    "separate": ProcessingJob,
    "analyze": AnalysisJob,
    "transcribe": TranscriptionJob,
    "warp": WarpJob,
}
"""The class of each stage's jobs."""


class Stem(Entity, Base):
    """One part of a separated recording."""

    __tablename__ = "stems"
    __table_args__ = (
        Index("uq_stems_job_id_stem_type", "job_id", "stem_type", unique=True),
        Index("ix_stems_track_id", "track_id"),
    )

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    track_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))
    stem_type: Mapped[str] = mapped_column(String(20))
    file_path: Mapped[str] = mapped_column(Text)
    file_size: Mapped[int] = mapped_column(BigInteger)
    sample_rate_hz: Mapped[int] = mapped_column(Integer)
    duration_s: Mapped[float] = mapped_column(Float)


class AnalysisResult(Entity, Base):
    """The numbers of one analysis; the matrices lie in files beside it.

    ``energy`` is the RMS level of the recording on a 0..1 scale, where a full-scale square
    wave is 1. ``spectral_*`` are means over the recording, in Hz.
    """

    __tablename__ = "analysis_results"
    __table_args__ = (Index("ix_analysis_results_track_id", "track_id"),)

    track_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tracks.id", ondelete="CASCADE"))
    job_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("jobs.id", ondelete="CASCADE"), unique=True
    )
    tempo: Mapped[float | None] = mapped_column(Float)
    key: Mapped[str | None] = mapped_column(String(20))
    energy: Mapped[float | None] = mapped_column(Float)
    spectral_centroid: Mapped[float | None] = mapped_column(Float)
    spectral_rolloff: Mapped[float | None] = mapped_column(Float)
    zero_crossing_rate: Mapped[float | None] = mapped_column(Float)
    features: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class MemoryEntry(Base):
    """The memory that a queue job was promised on a machine, or waits for; see `memory_ledger`."""

    __tablename__ = "memory_ledger"
    __table_args__ = (Index("ix_memory_ledger_machine", "machine"),)

    queue_job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    machine: Mapped[str] = mapped_column(String(128))
    needed_bytes: Mapped[int] = mapped_column(BigInteger)
    held_bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    waits_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class IdempotentRequest(Entity, Base):
    """The first answer to a request that carried an Idempotency-Key."""

    __tablename__ = "idempotent_requests"
    __table_args__ = (Index("uq_idempotent_requests_owner_id_key", "owner_id", "key", unique=True),)

    owner_id: Mapped[uuid.UUID]
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(64))
    status_code: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
