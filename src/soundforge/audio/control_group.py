"""What this process may use of the memory: Linux's control groups, version 2.

A limit of a group holds for all groups in it: a service's unit may have one, and so may the slice
it is in. In a container the group at the top is usually the container's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

TOP: Final = Path("/sys/fs/cgroup")
OWN: Final = Path("/proc/self/cgroup")


def limit_bytes(top: Path = TOP, own: Path = OWN) -> int | None:
    """Return the smallest limit that holds for this process; None where there is none.

    Args:
        top: Where the groups are, as folders in folders.
        own: In which of them this process is, as Linux says it.
    """
    limits = [limit for limit, _ in _limited(top, own)]
    return min(limits, default=None)


def free_bytes(top: Path = TOP, own: Path = OWN) -> int | None:
    """Return how much of its limits is left, of the one that is nearest; None without any."""
    left = [_left(limit, group) for limit, group in _limited(top, own)]
    return min((found for found in left if found is not None), default=None)


def limiting(top: Path = TOP, own: Path = OWN) -> str | None:
    """Return the path below ``top`` of the group with the smallest limit; None without any."""
    _, group = min(_limited(top, own), default=(0, None))
    return None if group is None else str(group.relative_to(top))


def _limited(top: Path, own: Path) -> Iterator[tuple[int, Path]]:
    for group in _groups(top, own):
        try:
            yield int((group / "memory.max").read_text("ascii")), group
        except (OSError, ValueError):  # "max": no limit
            continue


def _groups(top: Path, own: Path) -> list[Path]:
    """Return the group of this process and all that it is in, the inmost first."""
    try:
        lines = own.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return [top]
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    inmost = top / path
    if ".." in inmost.parts:  # moved into another group from outside of the container
        return [top]
    return [group for group in (inmost, *inmost.parents) if group.is_relative_to(top)]


def _left(limit: int, group: Path) -> int | None:
    try:
        used = int((group / "memory.current").read_text("ascii"))
    except (OSError, ValueError):
        return None
    # Files that were read count as used, and are dropped as soon as somebody needs the room.
    return max(0, limit - max(0, used - _cached(group)))


def _cached(group: Path) -> int:
    try:
        for line in (group / "memory.stat").read_text("ascii", "replace").splitlines():
            match line.split():
                case ["inactive_file", number, *_]:
                    return int(number)
    except (OSError, ValueError):
        pass
    return 0
