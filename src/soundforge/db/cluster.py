"""The folder of one PostgreSQL cluster: where it is, who holds it, how it is made.

    <data folder>/postgres/          our folder
        lock                         held by the one process that owns the server
        password                     of the role ``sfa``, mode 0600
        server.log
        cluster/                     PostgreSQL's own folder, owned by the server's user
        location                     only when the rest lies elsewhere: says where

As root the server runs as another user, who may not be able to reach the data folder (a home
with mode 0700). We never change the modes of folders that are not ours: then the cluster
lives below a system folder, ``location`` points there, and ``data-folder`` in it points back.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from soundforge import errors
from soundforge.db import postgres_binaries, server_user

if TYPE_CHECKING:
    from soundforge.db.postgres_binaries import Binaries
    from soundforge.db.server_user import ServerUser

ROLE: Final = "sfa"
_INITDB_TIMEOUT_S: Final = 120
_LOG_LIMIT_BYTES: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Cluster:
    """One cluster's files.

    Args:
        home: Our folder around it.
        user: Who owns the cluster and runs its server.
    """

    home: Path
    user: ServerUser

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.home / "cluster"

    @property
    def exists(self) -> bool:
        """Whether it was created before."""
        return (self.data / "PG_VERSION").exists()

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    @property
    def last_port(self) -> int:
        """The port of the server before; 0 when there was none, or it cannot be read."""
        try:
            return int((self.home / "port").read_text())
        except (OSError, ValueError):
            return 0

    def keep_port(self, port: int) -> None:
        """Remember the port for the next start."""
        (self.home / "port").write_text(str(port))

    def password(self) -> str:
        """Return the role's password.

        Raises:
            errors.Conflict: Its file is gone (``database_password_missing``).
        """
        try:
            return (self.home / "password").read_text().strip()
        except OSError as error:
            raise errors.Conflict(
                "database_password_missing",
                f"The database's password cannot be read from {self.home / 'password'}.",
                "Put the file back from a backup of the data folder.",
            ) from error


def claim(data_dir: Path, system_dir: Path) -> tuple[Cluster, list[IO[str]]]:
    """Find the cluster of a data folder and lock it for this process.

    Args:
        data_dir: Created when missing.
        system_dir: Where root puts a cluster that its user could not reach.

    Returns:
        The cluster, and the locks: open files, to be closed when the server has ended.

    Raises:
        errors.Conflict: Another process owns it (``data_folder_in_use``), or another user.
        errors.Unavailable: The folder cannot be written (``data_folder_not_writable``).
    """
    home = data_dir.absolute() / "postgres"
    locks: list[IO[str]] = []
    try:
        _make_folder(home)
        locks.append(_lock(home))
        cluster = _locate(home, system_dir)
        if cluster.home != home:
            locks.append(_lock(cluster.home))  # two data folders may point at one cluster
    except OSError as error:
        _release(locks)
        raise errors.Unavailable(
            "data_folder_not_writable",
            f"The data folder cannot be used: {error}.",
            "Choose a folder of your own with SFA_DATA_DIR.",
        ) from error
    except BaseException:
        _release(locks)
        raise
    return cluster, locks


def create(cluster: Cluster, binaries: Binaries, *, is_durable: bool = True) -> None:
    """Make an empty cluster, whole or not at all. Blocks for about a second.

    Args:
        cluster: Where, and whose.
        binaries: The programs that make it, and will run it.
        is_durable: Whether it must survive a power cut; tests save the time.

    Raises:
        errors.Unavailable: ``initdb`` failed (``database_not_created``).
    """
    for half_made in cluster.home.glob("cluster.new-*"):
        shutil.rmtree(half_made)
    password = cluster.home / "password"
    password.unlink(missing_ok=True)
    password.touch(0o600)
    password.write_text(secrets.token_urlsafe(24))
    cluster.user.own(password)
    staging = cluster.home / f"cluster.new-{secrets.token_hex(4)}"
    staging.mkdir(0o700)
    cluster.user.own(staging)
    ran = subprocess.run(
        [*_initdb(staging, password, binaries), *([] if is_durable else ["--no-sync"])],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_INITDB_TIMEOUT_S,
        cwd=staging,
        env=postgres_binaries.environment(),
        **cluster.user.popen_options(),
    )
    if ran.returncode:
        shutil.rmtree(staging, ignore_errors=True)
        said = next((line for line in ran.stdout.splitlines() if "error:" in line), ran.stdout)
        raise errors.Unavailable(
            "database_not_created",
            f"The database could not be created: {said.strip()[-300:]}",
            "Check that the data folder's disk has room and allows files to be owned.",
        )
    staging.rename(cluster.data)


def check_major(cluster: Cluster, binaries: Binaries) -> None:
    """Refuse a cluster that other programs made: they would not start, or damage it.

    Raises:
        errors.Conflict: With both versions in its sentence (``database_major_mismatch``).
    """
    made_by = (cluster.data / "PG_VERSION").read_text().strip()
    if made_by != str(binaries.major):
        raise errors.Conflict(
            "database_major_mismatch",
            f"The database was made by PostgreSQL {made_by}; "
            f"the programs here are PostgreSQL {binaries.major}.",
            f"Name the programs of PostgreSQL {made_by} with SFA_PG_BIN, or move the data "
            "over with pg_dump and psql.",
        )


def open_log(cluster: Cluster) -> IO[bytes]:
    """Open the server's log to append; a long one is put aside first."""
    if cluster.log.exists() and cluster.log.stat().st_size > _LOG_LIMIT_BYTES:
        cluster.log.replace(cluster.log.with_suffix(".log.1"))
    file = cluster.log.open("ab")
    cluster.user.own(cluster.log)  # so that this user can start it without root, too
    return file


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0 and folder.stat().st_uid == 0:
        folder.chmod(0o755)  # ours: another user's server must reach its cluster in it


def _lock(home: Path) -> IO[str]:
    file = (home / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise errors.Conflict(
            "data_folder_in_use",
            f"Another Sound Forge uses the data folder {home.parent} (process {holder}).",
            "Stop it first, or choose another folder with SFA_DATA_DIR.",
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _release(locks: list[IO[str]]) -> None:
    for lock in locks:
        lock.close()


def _locate(home: Path, system_dir: Path) -> Cluster:
    pointer = home / "location"
    if pointer.exists():
        target = Path(pointer.read_text(encoding="utf-8").strip())
    else:
        user = server_user.find(home / "cluster")
        if not user.is_other or user.can_pass(home):
            return Cluster(home, user)
        if (home / "cluster").exists():
            raise errors.Conflict(
                "data_folder_unreachable",
                f"The user with id {user.uid}, who owns the database, cannot reach {home}.",
                "Start as that user, or give it back the right to pass that folder's parents.",
            )
        # Not the path alone: a data folder that was deleted and made anew starts empty.
        name = hashlib.sha256(str(home).encode()).hexdigest()[:12]
        target = system_dir / "clusters" / f"{name}-{secrets.token_hex(4)}"
        pointer.write_text(f"{target}\n", encoding="utf-8")
    for folder in (system_dir, system_dir / "clusters", target):
        _make_folder(folder)
    # For people who wonder whose this is; it is written anew, as the data folder may move.
    (target / "data-folder").write_text(f"{home.parent}\n", encoding="utf-8")
    return Cluster(target, server_user.find(target / "cluster"))


def _initdb(data: Path, password: Path, binaries: Binaries) -> list[str]:
    # The built-in locale folds É to é everywhere; older servers only have the system's.
    is_builtin = binaries.major >= 17
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if is_builtin else []
    return [
        binaries.program("initdb"),
        *("-D", str(data), "-U", ROLE, "-A", "scram-sha-256", "-E", "UTF8", "--locale=C"),
        f"--pwfile={password}",
        *builtin,
    ]
