"""How much memory this machine, or this container or service, can still give."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

from soundforge.audio import control_group

MEMINFO: Final = Path("/proc/meminfo")
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
PROC: Final = Path("/proc")


def available_bytes(
    meminfo: Path = MEMINFO, cgroup: Path = control_group.TOP, own: Path = control_group.OWN
) -> int | None:
    """Return what can be had without swapping; None where the system does not say.

    Args:
        meminfo: Linux's account of the machine.
        cgroup: Linux's account of containers and services; their limits count too.
        own: In which of them we are.
    """
    machine = _machine(meminfo)
    container = control_group.free_bytes(cgroup, own)
    known = [free for free in (machine, container) if free is not None]
    return min(known) if known else None


def total_bytes(
    meminfo: Path = MEMINFO, cgroup: Path = control_group.TOP, own: Path = control_group.OWN
) -> int | None:
    """Return all the memory there is; None where the system does not say.

    Args:
        meminfo: Linux's account of the machine.
        cgroup: Linux's account of containers and services; their limits count too.
        own: In which of them we are.
    """
    machine = _kilobytes(meminfo, "MemTotal")
    container = control_group.limit_bytes(cgroup, own)
    known = [total for total in (machine, container) if total is not None]
    return min(known) if known else None


def pool_name(
    boot_id: Path = BOOT_ID, cgroup: Path = control_group.TOP, own: Path = control_group.OWN
) -> str:
    """Return a name for the memory that this process shares: processes with one share it.

    It is the machine's, since its start, or that of a container or service with a limit of its own.

    Args:
        boot_id: Linux's name for this start of the machine, the same in all its containers.
        cgroup: Linux's account of containers and services.
        own: In which of them we are.
    """
    host = platform.node()
    try:
        machine = boot_id.read_text("ascii").strip()
    except OSError:
        machine = host
    limiting = control_group.limiting(cgroup, own)
    if limiting is None:
        return machine
    return f"{machine} {host}{'' if limiting == '.' else f' {limiting}'}"[:128]


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
