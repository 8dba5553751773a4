"""Finding PostgreSQL's programs by what they say."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from soundforge import errors
from soundforge.db import postgres_binaries
from soundforge.db.server_user import ServerUser

ME = ServerUser(os.geteuid(), os.getegid())


@pytest.fixture
def say():
    """Return a function that makes programs of PostgreSQL that say a version."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)

        def make(answer):
            program = folder / "postgres"
            program.write_text(f"#!/bin/sh\n{answer}\n")
            program.chmod(0o755)
            return folder

        yield make


@pytest.mark.parametrize(
    ("version", "major"),
    [
        ("postgres (PostgreSQL) 18.6", 18),
        ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)", 15),
        ("postgres (PostgreSQL) 19beta1", 19),
        ("postgres (PostgreSQL) 19devel", 19),
    ],
)
def test_the_major_version_is_read(say, tmp_path, version, major):
    found = postgres_binaries.find(say(f"echo '{version}'"), ME, tmp_path)

    assert found.major == major


@pytest.mark.parametrize("answer", ["", "exit 1", "echo hello", "echo 18.6", "kill -9 $$"])
def test_what_is_not_postgresql_is_refused(say, tmp_path, answer):
    with pytest.raises(errors.Unavailable) as caught:
        postgres_binaries.find(say(answer), ME, tmp_path)

    assert caught.value.code == "database_programs_unusable"


def test_its_environment_holds_no_secret_of_ours(monkeypatch):
    monkeypatch.setenv("SFA_SPOTIFY__CLIENT_SECRET", "s3cret")
    monkeypatch.setenv("PGOPTIONS", "-c fsync=off")

    assert set(postgres_binaries.environment()) <= {"PATH", "LD_LIBRARY_PATH", "LC_ALL", "TZ"}
