"""The ground: tables' base, sessions, migrations and the bundled PostgreSQL server."""
