"""Processes of an earlier server on the same folder, which its next server must wait for.

Their owner is gone (we hold the lock), so they are about to leave: a server whose owner was
killed shuts down, and the backends of a killed server notice and end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from soundforge import errors

if TYPE_CHECKING:
    from soundforge.db.cluster import Cluster

logger = logging.getLogger(__name__)

WAIT_S: Final = 30.0
_PATIENCE_S: Final = 5.0
_POLL_S: Final = 0.02
_PROC: Final = Path("/proc")


async def wait_until_gone(cluster: Cluster) -> None:
    """Return when no process of an earlier server is left.

    Raises:
        errors.Conflict: One is still there after 30 s (``data_folder_in_use``).
    """
    began = time.monotonic()
    is_told = False
    while found := _running(cluster):
        waited_s = time.monotonic() - began
        if waited_s > WAIT_S:
            raise errors.Conflict(
                "data_folder_in_use",
                f"A PostgreSQL server still runs on {cluster.data} (process {min(found)}).",
                "Stop that process, then start again.",
            )
        if waited_s > _PATIENCE_S and not is_told and _postmaster_pid(cluster) not in found:
            is_told = True  # backends without a server can only be in our way
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)
        await asyncio.sleep(_POLL_S)
    _forget_foreign_pid(cluster)


def _postmaster_pid(cluster: Cluster) -> int | None:
    """Return the pid that the server left in its folder."""
    try:
        return int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _running(cluster: Cluster) -> set[int]:
    found = _working_in(cluster) if sys.platform == "linux" else set()
    pid = _postmaster_pid(cluster)
    if pid and pid != os.getpid() and _is_server(pid, cluster):
        found.add(pid)
    return found


def _working_in(cluster: Cluster) -> set[int]:
    """Return the processes whose working folder is the cluster: servers and backends are there."""
    data = cluster.data.resolve()
    found = set()
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            is_found = (entry / "cwd").readlink() == data
        except PermissionError:  # root in a container may not look at another user's processes
            is_found = _is_orphan(entry, cluster.user.uid)
        except OSError:  # it has just ended
            continue
        if is_found:
            found.add(int(entry.name))
    return found - {os.getpid()}


def _is_orphan(entry: Path, uid: int) -> bool:
    """Tell whether a process is a backend whose server is gone, by what everybody may read."""
    try:
        if entry.stat().st_uid != uid or not _command_line(int(entry.name)).startswith("postgres:"):
            return False
        parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
        return "postgres" not in _command_line(int(parent))
    except (OSError, ValueError):
        return False


def _is_server(pid: int, cluster: Cluster) -> bool:
    """Tell whether a living process was started as the server of this cluster."""
    return "postgres" in (line := _command_line(pid)) and str(cluster.data) in line


def _command_line(pid: int) -> str:
    if sys.platform == "linux":  # readable by all, unlike the working folder in a container
        try:
            return (
                (_PROC / str(pid) / "cmdline")
                .read_bytes()
                .replace(b"\0", b" ")
                .decode("utf-8", "replace")
            )
        except OSError:
            return ""
    ran = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
        check=False,
        capture_output=True,
        text=True,
        timeout=10,
    )
    return ran.stdout


def _forget_foreign_pid(cluster: Cluster) -> None:
    """Remove a pid file whose pid now belongs to another program: the server would not start.

    Usual in containers, where pids begin anew. When the pid is dead, or any PostgreSQL's, the
    file stays: the server judges it better than we can.
    """
    pid = _postmaster_pid(cluster)
    line = _command_line(pid) if pid else ""
    if line and "postgres" not in line:
        logger.warning("stale pid file removed", extra={"path": str(cluster.data), "pid": pid})
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)
