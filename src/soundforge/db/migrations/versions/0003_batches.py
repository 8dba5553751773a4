"""Jobs that were asked for in one go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("inserted_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", _TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("model", sa.String(64)),
        sa.Column("skipped", JSONB, nullable=False),
        sa.Column("closed_at", _TIME),
    )
    op.create_index("ix_batches_owner_id_inserted_at", "batches", ["owner_id", "inserted_at", "id"])
    op.add_column(
        "jobs", sa.Column("batch_id", sa.Uuid, sa.ForeignKey("batches.id", ondelete="SET NULL"))
    )
    op.create_index("ix_jobs_batch_id", "jobs", ["batch_id"])
