"""Two halves of a pass side by side: numpy and the decoders let go of Python's lock."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    _T = TypeVar("_T")

_END: Final[Any] = object()


def ahead(items: Iterable[_T], most: int = 8) -> Iterator[_T]:
    """Yield ``items`` as they are, made in another thread up to ``most`` of them ahead.

    What fails there fails here, after the items before it. Who stops early stops the other thread,
    too, after the item at hand.
    """
    iterator = iter(items)
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        coming = deque(pool.submit(next, iterator, _END) for _ in range(most))
        while (item := coming.popleft().result()) is not _END:
            coming.append(pool.submit(next, iterator, _END))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)


class Behind:
    """Calls that are made in turn in another thread, while the caller goes on.

    Args:
        most: Calls that may wait; one more waits for the oldest of them.
    """

    def __init__(self, most: int = 8) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="behind")
        self._waiting: deque[Future[Any]] = deque()
        self._most = most

    def call(self, function: Callable[..., object], *args: object) -> None:
        """Call ``function`` when those before it are done; what fails is told by a later call."""
        self._waiting.append(self._pool.submit(function, *args))
        while len(self._waiting) > self._most or (self._waiting and self._waiting[0].done()):
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait for all calls, and end the thread."""
        try:
            while self._waiting:
                self._waiting.popleft().result()
        finally:
            self._pool.shutdown(cancel_futures=True)
