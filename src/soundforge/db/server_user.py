"""Which user the bundled PostgreSQL runs as: ourselves, or, as root, somebody else.

PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors

if TYPE_CHECKING:
    from pathlib import Path

_ACCOUNTS: Final = ("soundforge", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user and group ids of the server's processes."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether starting a process as this user means giving up root's rights."""
        return os.geteuid() == 0

    def popen_options(self) -> dict[str, Any]:
        """Return what ``subprocess`` needs to start a program as this user."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder of ours to this user."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_pass(self, folder: Path) -> bool:
        """Tell whether this user may reach what lies in ``folder``, by the mode of each parent."""
        resolved = folder.resolve()
        return all(self._can_enter(step) for step in (resolved, *resolved.parents))

    def _can_enter(self, folder: Path) -> bool:
        status = folder.stat()
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def find(cluster: Path) -> ServerUser:
    """Return the user for a cluster's folder, which need not exist yet.

    As root the owner of an existing cluster stays its user, so that a cluster made before
    the program was run as root, or before an account existed, goes on working.

    Raises:
        errors.Conflict: The cluster belongs to somebody else and we are not root.
        errors.Unavailable: Root, and no account to run the server as.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise errors.Conflict(
                "data_folder_not_ours",
                f"The database in {cluster} belongs to another user of this computer.",
                "Start as that user (or as root), or choose another folder with SFA_DATA_DIR.",
            )
        return ServerUser(os.geteuid(), os.getegid())
    if owner and owner.st_uid != 0:
        return ServerUser(owner.st_uid, owner.st_gid)
    for name in _ACCOUNTS:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(account.pw_uid, account.pw_gid)
    raise errors.Unavailable(
        "database_no_account",
        "PostgreSQL does not run as root, and there is no other account to run it as.",
        "Create a user called soundforge, or start as a normal user.",
    )
