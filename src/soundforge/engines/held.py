"""The networks that this process made ready last, for the next mix that needs the same.

Reading weights and compiling them takes seconds. An engine that is asked again (see
`runtime.serve`) does not do it again; it holds one model at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from soundforge.engines import allocator

if TYPE_CHECKING:
    from collections.abc import Callable

    from soundforge.engines.separation import Task


class Networks(Protocol):
    """Networks that can be used again."""

    def rest(self) -> None:
        """Forget the last mix, and give back the memory that only a mix needs."""


Made = TypeVar("Made", bound=Networks)

_held: dict[tuple[Any, ...], Any] = {}


def networks(task: Task, make: Callable[[Task], Made]) -> Made:
    """Return what ``make`` makes of ``task``, or made of one like it before."""
    key = (
        task.model.name,
        str(task.weights),
        task.installed.weights_hash,
        task.stems,
        task.threads,
        task.precision,
        task.device,
        task.segment_s,
    )
    if key not in _held:
        forget()  # first: two models at once may be more than there is memory for
        _held[key] = make(task)
    made: Made = _held[key]
    made.rest()  # a mix that failed may have left something
    return made


def rest() -> None:
    """Let the networks rest until the next mix."""
    for made in _held.values():
        made.rest()
    allocator.give_back()


def forget() -> None:
    """Let go of all."""
    _held.clear()
