"""The first tables: tracks, jobs, stems, analysis results; and the queue's own schema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)
_STATUSES = "status IN ('queued', 'downloading', 'processing', 'completed', 'failed', 'cancelled')"


def _entity() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("inserted_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", _TIME, nullable=False, server_default=sa.func.now()),
    ]


def _track_id() -> sa.Column[Any]:
    return sa.Column(
        "track_id", sa.Uuid, sa.ForeignKey("tracks.id", ondelete="CASCADE"), nullable=False
    )


def _job_id(*, unique: bool = False) -> sa.Column[Any]:
    return sa.Column(
        "job_id",
        sa.Uuid,
        sa.ForeignKey("jobs.id", ondelete="CASCADE"),
        nullable=False,
        unique=unique,
    )


def upgrade() -> None:
    # The library ships one schema file with several statements: only the raw driver runs those.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(SchemaManager.get_schema())
    _tracks()
    _jobs()
    _results()
    op.create_table(
        "idempotent_requests",
        *_entity(),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status_code", sa.Integer),
        sa.Column("body", JSONB),
    )
    op.create_index(
        "uq_idempotent_requests_owner_id_key",
        "idempotent_requests",
        ["owner_id", "key"],
        unique=True,
    )


def _tracks() -> None:
    op.create_table(
        "tracks",
        *_entity(),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("spotify_id", sa.String(22)),
        sa.Column("spotify_url", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("artist", sa.Text),
        sa.Column("album", sa.Text),
        sa.Column("album_art_url", sa.Text),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("isrc", sa.String(20)),
        sa.Column("recording_path", sa.Text),
        sa.Column("recording_sha256", sa.String(64)),
        sa.Column("recording_format", sa.String(20)),
        sa.Column("sample_rate_hz", sa.Integer),
        sa.Column("channels", sa.Integer),
        sa.Column("cover_path", sa.Text),
        sa.Column("peaks_path", sa.Text),
        sa.Column("deleted_at", _TIME),
    )
    op.create_index(
        "uq_tracks_owner_id_spotify_id",
        "tracks",
        ["owner_id", "spotify_id"],
        unique=True,
        postgresql_where=sa.text("spotify_id IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_index("ix_tracks_owner_id_inserted_at", "tracks", ["owner_id", "inserted_at", "id"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        *_entity(),
        _track_id(),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("progress", sa.Integer, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("queue_job_id", sa.BigInteger),
        sa.Column("node", sa.String(64)),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("then", JSONB, nullable=False),
        sa.Column("options", JSONB, nullable=False),
        sa.Column("error_code", sa.String(64)),
        sa.Column("error_message", sa.Text),
        sa.Column("error_next_step", sa.Text),
        sa.Column("started_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("not_before", _TIME),
        sa.Column("output_path", sa.Text),
        sa.Column("file_size", sa.BigInteger),
        sa.Column("model", sa.String(64)),
        sa.Column("results", JSONB),
        sa.CheckConstraint(_STATUSES, name=op.f("ck_jobs_status")),
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name=op.f("ck_jobs_progress")),
    )
    op.create_index("ix_jobs_track_id_inserted_at", "jobs", ["track_id", "inserted_at"])
    op.create_index("ix_jobs_queue_job_id", "jobs", ["queue_job_id"])
    op.create_index(
        "ix_jobs_unfinished",
        "jobs",
        ["stage", "inserted_at"],
        postgresql_where=sa.text("status IN ('queued', 'downloading', 'processing')"),
    )


def _results() -> None:
    op.create_table(
        "stems",
        *_entity(),
        _job_id(),
        _track_id(),
        sa.Column("stem_type", sa.String(20), nullable=False),
        sa.Column("file_path", sa.Text, nullable=False),
        sa.Column("file_size", sa.BigInteger, nullable=False),
        sa.Column("sample_rate_hz", sa.Integer, nullable=False),
        sa.Column("duration_s", sa.Float, nullable=False),
    )
    op.create_index("uq_stems_job_id_stem_type", "stems", ["job_id", "stem_type"], unique=True)
    op.create_index("ix_stems_track_id", "stems", ["track_id"])
    op.create_table(
        "analysis_results",
        *_entity(),
        _track_id(),
        _job_id(unique=True),
        sa.Column("tempo", sa.Float),
        sa.Column("key", sa.String(20)),
        sa.Column("energy", sa.Float),
        sa.Column("spectral_centroid", sa.Float),
        sa.Column("spectral_rolloff", sa.Float),
        sa.Column("zero_crossing_rate", sa.Float),
        sa.Column("features", JSONB, nullable=False),
    )
    op.create_index("ix_analysis_results_track_id", "analysis_results", ["track_id"])
