"""What the jobs of each machine were promised of its memory, and who waits for some."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "memory_ledger",
        sa.Column("queue_job_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("machine", sa.String(128), nullable=False),
        sa.Column("needed_bytes", sa.BigInteger, nullable=False),
        sa.Column("held_bytes", sa.BigInteger, nullable=False),
        sa.Column("waits_since", sa.DateTime(timezone=True)),
    )
    op.create_index("ix_memory_ledger_machine", "memory_ledger", ["machine"])
