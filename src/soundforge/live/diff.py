"""Rendered pages as trees, and the difference of two of them in LiveView's wire form. Pure.

A tree is statics (the template's own text, the same object at each render) and dynamics (what the
expressions gave). The first render sends both; after that only dynamics that changed.

Wire keys: ``s`` statics, ``0…n`` dynamics, ``k`` keyed entries with ``kc`` their number and
``km`` when some moved, ``stream`` the changes of a stream. Every leaf is a string: the client
takes numbers for component ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Hashable

Statics: TypeAlias = tuple[str, ...]
Wire: TypeAlias = dict[str, Any]

COUNT: Final = "kc"
MOVED: Final = "km"


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A template with its values.

    Args:
        statics: One more than dynamics; the identity of the object names the template.
        dynamics: Escaped text, or nested trees.
        is_component: Whether a template was called, and not a branch of one taken.
    """

    statics: Statics
    dynamics: tuple[Node, ...]
    is_component: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    """The same template for each item.

    Args:
        statics: The template of one entry.
        entries: Key and dynamics of each; entries with the same key are the same item.
    """

    statics: Statics
    entries: tuple[tuple[Hashable, tuple[Node, ...]], ...]


@dataclass(frozen=True, slots=True, eq=False)
class StreamRows:
    """The rows of a stream that changed.

    Args:
        statics: The template of one row.
        rows: The dynamics of each row, nested trees already as HTML.
        changes: `Stream.peek`; None when nothing changed.
        name: The stream's name.
    """

    statics: Statics
    rows: tuple[tuple[str, ...], ...]
    changes: list[Any] | None
    name: str


Node: TypeAlias = str | Rendered | Loop | StreamRows


def to_html(node: Node) -> str:
    """Return a tree as HTML."""
    match node:
        case str():
            return node
        case Rendered(statics, dynamics):
            return _join(statics, dynamics)
        case Loop(statics, entries):
            return "".join(_join(statics, dynamics) for _, dynamics in entries)
        case StreamRows(statics, rows):
            return "".join(_join(statics, row) for row in rows)


def full(node: Node) -> Any:
    """Return a tree in wire form, statics and all."""
    match node:
        case str():
            return node
        case Rendered(statics, dynamics):
            return {"s": list(statics), **_full_dynamics(dynamics)}
        case Loop(statics, entries):
            keyed = {str(i): _full_dynamics(dynamics) for i, (_, dynamics) in enumerate(entries)}
            return {"s": list(statics), "k": {**keyed, COUNT: len(entries)}}
        case StreamRows(statics):
            return {"s": list(statics), **_stream_changes(node)}


def diff(old: Node, new: Node) -> Any:
    """Return what turns the first tree into the second, or None when nothing does."""
    match old, new:
        case (str(), str()):
            return None if old == new else new
        case (Rendered(), Rendered()) if old.statics is new.statics:
            return _diff_dynamics(old.dynamics, new.dynamics) or None
        case (Loop(), Loop()) if old.statics is new.statics:
            return _diff_loop(old, new)
        case (StreamRows(), StreamRows()) if old.statics is new.statics:
            return None if new.changes is None else _stream_changes(new)
    return full(new)


def settle(node: Node) -> Node:
    """Return the tree to remember for the next `diff`: without the rows of streams."""
    match node:
        case str():
            return node
        case Rendered(statics, dynamics):
            return Rendered(statics, tuple(map(settle, dynamics)))
        case Loop(statics, entries):
            return Loop(statics, tuple((key, tuple(map(settle, d))) for key, d in entries))
        case StreamRows(statics, _, _, name):
            return StreamRows(statics, (), None, name)


def _join(statics: Statics, dynamics: tuple[Node, ...]) -> str:
    parts = [statics[0]]
    for dynamic, static in zip(dynamics, statics[1:], strict=True):
        parts += (to_html(dynamic), static)
    return "".join(parts)


def _full_dynamics(dynamics: tuple[Node, ...]) -> Wire:
    return {str(i): full(dynamic) for i, dynamic in enumerate(dynamics)}


def _diff_dynamics(old: tuple[Node, ...], new: tuple[Node, ...]) -> Wire:
    changed = (
        (i, diff(before, after)) for i, (before, after) in enumerate(zip(old, new, strict=True))
    )
    return {str(i): change for i, change in changed if change is not None}


def _diff_loop(old: Loop, new: Loop) -> Wire | None:
    before = {key: i for i, (key, _) in enumerate(old.entries)}
    keyed: Wire = {}
    for i, (key, dynamics) in enumerate(new.entries):
        was_at = before.get(key)
        if was_at is None:
            keyed[str(i)] = _full_dynamics(dynamics)
            continue
        change = _diff_dynamics(old.entries[was_at][1], dynamics)
        if was_at != i:
            keyed[str(i)] = [was_at, change] if change else was_at
            keyed[MOVED] = 1
        elif change:
            keyed[str(i)] = change
    if not keyed and len(old.entries) == len(new.entries):
        return None
    return {"k": {**keyed, COUNT: len(new.entries)}}


def _stream_changes(node: StreamRows) -> Wire:
    rows = {str(i): {str(n): text for n, text in enumerate(row)} for i, row in enumerate(node.rows)}
    changes = node.changes or [node.name, [], []]
    return {"k": {**rows, COUNT: len(node.rows)}, "stream": changes}
