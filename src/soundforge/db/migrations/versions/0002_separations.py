"""What of a separation can be played already, and what its stems depend on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("ready_s", sa.Float, nullable=False, server_default="0"))
    op.alter_column("jobs", "ready_s", server_default=None)
    op.add_column("jobs", sa.Column("content_key", sa.String(64)))
    op.create_index("ix_jobs_content_key", "jobs", ["content_key"])
