"""When the work itself of a job began, and how far it was then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("work_began_at", sa.DateTime(timezone=True)))
    op.add_column(
        "jobs",
        sa.Column("work_began_progress", sa.Integer, nullable=False, server_default="0"),
    )
    op.alter_column("jobs", "work_began_progress", server_default=None)
