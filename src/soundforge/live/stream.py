"""A list that lives in the browser: the server sends what changes and keeps no rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(slots=True)
class _Insert:
    dom_id: str
    item: Any
    at: int


class Stream:
    """The changes of one list since the last render.

    Args:
        name: Unique on the page; also the prefix of DOM ids.
        dom_id: Gives an item its DOM id; by default ``<name>-<item.id>``.
    """

    def __init__(self, name: str, dom_id: Callable[[Any], str] | None = None) -> None:
        self.name = name
        self._dom_id = dom_id or (lambda item: f"{name}-{item.id}")
        self._inserts: dict[str, _Insert] = {}
        self._deletes: dict[str, None] = {}
        self._is_reset = False
        self.statics: tuple[str, ...] | None = None
        """The template of the rows that were sent last; see `rows`."""

    def insert(self, item: Any, *, at: int = -1) -> None:
        """Add an item, or update it where it stands.

        Args:
            item: What the row shows.
            at: Index of a new row: 0 first, -1 last. A row that is there already stays in place.
        """
        dom_id = self._dom_id(item)
        waiting = self._inserts.get(dom_id)
        if waiting:
            # Not in the browser yet: the newest content, at the place that was asked first.
            waiting.item = item
            return
        self._inserts[dom_id] = _Insert(dom_id, item, at)

    def delete(self, item: Any) -> None:
        """Remove an item's row."""
        self.delete_by_id(self._dom_id(item))

    def delete_by_id(self, dom_id: str) -> None:
        """Remove the row with this DOM id; unknown ones are ignored by the browser."""
        self._inserts.pop(dom_id, None)
        self._deletes[dom_id] = None

    def reset(self, items: Iterable[Any] = ()) -> None:
        """Remove every row, then add these."""
        self._inserts.clear()
        self._deletes.clear()
        self._is_reset = True
        for item in items:
            self.insert(item)

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Yield the DOM id and the item of every row to send."""
        return ((insert.dom_id, insert.item) for insert in list(self._inserts.values()))

    def peek(self) -> list[Any] | None:
        """Return the changes in wire form; None when there are none."""
        if not (self._inserts or self._deletes or self._is_reset):
            return None
        # The client could also keep a number of rows only, or update without an insert.
        inserts = [[row.dom_id, row.at, None, False] for row in self._inserts.values()]
        changes: list[Any] = [self.name, inserts, list(self._deletes)]
        return [*changes, True] if self._is_reset else changes

    def forget(self) -> None:
        """Forget the changes: they are on their way to the browser."""
        self._inserts, self._deletes, self._is_reset = {}, {}, False
