"""The schema that migrations make is the one that the models describe."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from soundforge.db import migrate
from soundforge.db.base import Base
from soundforge.library import models  # noqa: F401 -- fills the metadata
from tests.plugins.postgres import _execute, url_of

# Without its track: what is kept of a separation is what counts here.
OLD_JOB = """INSERT INTO jobs (id, inserted_at, updated_at, track_id, stage, status, ready_s, progress,
    message, attempt, runs, priority, "then", options, work_began_progress)
    VALUES (gen_random_uuid(), now(), now(), gen_random_uuid(), 'separate', 'completed', 0, 100,
    '', 1, 1, 10, '[]', '{}', 0)"""


@pytest.fixture
def engine(postgres_url):
    made = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"))
    yield made
    made.dispose()


def is_ours(_object, name, kind, _reflected, _compared):
    return not (kind == "table" and name.startswith(("procrastinate_", "alembic_")))


def test_a_migrated_database_differs_in_nothing_from_the_models(engine):
    options = {"compare_type": True, "compare_server_default": True, "include_object": is_ours}

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_have_the_names_that_the_models_give_them(engine):
    with engine.connect() as connection:
        statement = text("SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(:name)")
        for table in Base.metadata.sorted_tables:
            found = set(connection.scalars(statement, {"name": table.name}))
            found = {name for name in found if "_not_null" not in name}
            assert found == {
                engine.dialect.identifier_preparer.format_constraint(constraint)
                for constraint in table.constraints
            }


def test_stems_of_before_the_update_are_cut_into_ten_seconds(empty_database):
    migrate.upgrade(empty_database, "0004")
    _execute(empty_database, f"SET session_replication_role = replica; {OLD_JOB}")

    migrate.upgrade(empty_database)

    with psycopg.connect(empty_database) as connection:
        assert connection.execute("SELECT chunk_s FROM jobs").fetchall() == [(10,)]


@pytest.fixture
def empty_database(postgres_server):
    name = f"empty_{secrets.token_hex(6)}"
    _execute(postgres_server.url, f"CREATE DATABASE {name}")
    yield url_of(postgres_server.url, name)
    _execute(postgres_server.url, f"DROP DATABASE {name} WITH (FORCE)")


def test_several_processes_that_start_at_once_migrate_once(empty_database):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrate.upgrade, [empty_database] * 4))
