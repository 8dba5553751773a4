"""The schema that migrations make is the one that the models describe."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from soundforge.db import migrate
from soundforge.db.base import Base
from soundforge.library import models  # noqa: F401 -- fills the metadata
from tests.plugins.postgres import _execute, url_of


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


def test_several_processes_that_start_at_once_migrate_once(postgres_server):
    _execute(postgres_server.url, "CREATE DATABASE at_once")
    url = url_of(postgres_server.url, "at_once")
    try:
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(migrate.upgrade, [url] * 4))
    finally:
        _execute(postgres_server.url, "DROP DATABASE at_once WITH (FORCE)")
