"""How long the chunks are into which the stems of a job are cut: ten seconds, up to now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("chunk_s", sa.Integer, nullable=False, server_default="10"))
    op.alter_column("jobs", "chunk_s", server_default=None)
