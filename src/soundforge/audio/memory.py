"""How much memory this machine, or this container, can still give."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

MEMINFO: Final = Path("/proc/meminfo")
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
CGROUP: Final = Path("/sys/fs/cgroup")
PROC: Final = Path("/proc")


def available_bytes(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """Return what can be had without swapping; None where the system does not say.

    Args:
        meminfo: Linux's account of the machine.
        cgroup: Linux's account of the container (version 2); its limit counts too.
    """
    machine = _machine(meminfo)
    container = _container(cgroup)
    known = [free for free in (machine, container) if free is not None]
    return min(known) if known else None


def total_bytes(meminfo: Path = MEMINFO, cgroup: Path = CGROUP) -> int | None:
    """Return all the memory there is; None where the system does not say.

    Args:
        meminfo: Linux's account of the machine.
        cgroup: Linux's account of the container; its limit counts too.
    """
    machine, container = _kilobytes(meminfo, "MemTotal"), _limit(cgroup)
    known = [total for total in (machine, container) if total is not None]
    return min(known) if known else None


def pool_name(boot_id: Path = BOOT_ID, cgroup: Path = CGROUP) -> str:
    """Return a name for the memory that this process shares: processes with one share it.

    It is the machine's, since its start, or that of a container with a limit of its own.

    Args:
        boot_id: Linux's name for this start of the machine, the same in all its containers.
        cgroup: Linux's account of the container.
    """
    host = platform.node()
    try:
        machine = boot_id.read_text("ascii").strip()
    except OSError:
        machine = host
    return machine if _limit(cgroup) is None else f"{machine} {host}"[:128]


def private_bytes(pid: int, proc: Path = PROC) -> int:
    """Return what the system gets back when a process ends; 0 where it does not say.

    Args:
        pid: The process.
        proc: Linux's account of processes.
    """
    return _kilobytes(proc / str(pid) / "status", "RssAnon") or 0


def _machine(meminfo: Path) -> int | None:
    return _kilobytes(meminfo, "MemAvailable")


def _kilobytes(account: Path, wanted: str) -> int | None:
    """Return the bytes of the line ``<wanted>:   123 kB``; None when there is none."""
    said = _number(account, f"{wanted}:")
    return None if said is None else said * 1024


def _container(cgroup: Path) -> int | None:
    limit = _limit(cgroup)
    try:
        used = int((cgroup / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return None
    if limit is None:
        return None
    # Files that were read count as used, and are dropped as soon as somebody needs the room.
    cached = _number(cgroup / "memory.stat", "inactive_file") or 0
    return max(0, limit - max(0, used - cached))


def _limit(cgroup: Path) -> int | None:
    try:
        return int((cgroup / "memory.max").read_text("ascii"))
    except (OSError, ValueError):  # "max": no limit
        return None


def _number(account: Path, wanted: str) -> int | None:
    """Return the number after the word ``wanted`` at the start of a line; None if there is none."""
    try:
        for line in account.read_text("ascii", "replace").splitlines():
            match line.split():
                case [name, number, *_] if name == wanted:
                    return int(number)
    except (OSError, ValueError):
        pass
    return None
