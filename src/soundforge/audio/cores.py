"""The machine's cores, shared out among the engines that compute.

Alone, an engine has all of them. As soon as another one computes, each has cores of its own, and
when that one ends it has all of them again. The number of threads of an engine never changes, so
neither does what it computes, nor must its networks be compiled anew. Linux only: elsewhere the
system shares as it sees fit.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Pin: TypeAlias = Callable[[int, frozenset[int]], None]

PROC: Final = Path("/proc")
TOPOLOGY: Final = Path("/sys/devices/system/cpu")


@dataclass(slots=True)
class _Run:
    """An engine at work; ``most`` cores are of use to it."""

    most: int
    is_settled: bool = False
    given: frozenset[int] = frozenset()


class Cores:
    """Who computes on which cores.

    Args:
        ids: The cores, neighbours together; those that this process may use if not given.
        pin: Keeps a process on some cores.
    """

    def __init__(self, ids: Sequence[int] | None = None, pin: Pin | None = None) -> None:
        self._ids = tuple(allowed() if ids is None else ids)
        self._pin = pin or keep_on
        self._runs: dict[int, _Run] = {}

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._ids)

    @contextlib.contextmanager
    def computing(self, pid: int, most: int) -> Iterator[Callable[[], None]]:
        """Give an engine its share while the block runs.

        Args:
            pid: Its process.
            most: How many cores are of use to it; 0: it hardly computes and gets no share.

        Yields:
            To be called, as often as one likes, when its threads are made. Until then the others
            leave it its share, but it is free to go where it likes: it makes as many threads as
            it sees cores.
        """
        if not most:
            yield lambda: None
            return
        run = self._runs[pid] = _Run(most)
        self._share_out()
        try:
            yield lambda: self._settle(run)
        finally:
            del self._runs[pid]
            if run.given:
                self._pin(pid, frozenset(self._ids))  # should it go on living
            self._share_out()

    def _settle(self, run: _Run) -> None:
        if not run.is_settled:
            run.is_settled = True
            self._share_out()

    def _share_out(self) -> None:
        shares = share_out([run.most for run in self._runs.values()], self._ids)
        for (pid, run), share in zip(self._runs.items(), shares, strict=True):
            if run.is_settled and run.given != share:
                run.given = share
                self._pin(pid, share)


def share_out(most: Sequence[int], ids: Sequence[int]) -> list[frozenset[int]]:
    """Return the cores of each run: its own; all for everybody where that cannot be, or need not.

    Args:
        most: How many cores are of use to each run; what one cannot use is the others'.
        ids: The cores.
    """
    if len(most) > len(ids) or sum(most) <= len(ids):
        return [frozenset(ids)] * len(most)
    counts = [1] * len(most)
    while sum(counts) < len(ids):
        wanting = [at for at, count in enumerate(counts) if count < most[at]]
        counts[min(wanting, key=counts.__getitem__)] += 1
    ends = [sum(counts[: at + 1]) for at in range(len(counts))]
    return [frozenset(ids[end - count : end]) for end, count in zip(ends, counts, strict=True)]


def allowed(topology: Path = TOPOLOGY) -> list[int]:
    """Return the cores that this process may use, those of one physical core side by side."""
    try:
        ids = os.sched_getaffinity(0)
    except AttributeError:  # not Linux
        return list(range(os.cpu_count() or 1))
    return sorted(ids, key=lambda core: (_place(topology, core), core))


def keep_on(pid: int, ids: frozenset[int], proc: Path = PROC) -> None:
    """Let the threads of a process run on the cores ``ids`` only.

    Nothing happens where the system cannot do that, or the process has ended.
    """
    with contextlib.suppress(OSError, AttributeError):
        for _ in range(2):  # a thread that is just being made has its maker's cores
            for thread in (proc / str(pid) / "task").iterdir():
                os.sched_setaffinity(int(thread.name), ids)


def _place(topology: Path, core: int) -> tuple[int, ...]:
    folder = topology / f"cpu{core}" / "topology"
    try:
        return tuple(
            int((folder / name).read_text()) for name in ("physical_package_id", "core_id")
        )
    except (OSError, ValueError):
        return ()
