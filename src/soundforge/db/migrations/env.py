"""Alembic's entry point: run the migrations on the connection that `db.migrate` holds."""

from __future__ import annotations

from alembic import context

from soundforge.db.base import Base

connection = context.config.attributes["connection"]
# The metadata gives constraints their names; its tables are not looked at.
context.configure(
    connection=connection, target_metadata=Base.metadata, transaction_per_migration=True
)
with context.begin_transaction():
    context.run_migrations()
