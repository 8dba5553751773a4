"""The rows of a stream, in the form that costs least to send. Pure.

A row is sent whole each time it changes and is never compared with its past. So what its
components have in common with the row before, their statics, is moved into the row's own statics,
which the browser keeps: a component in a row then costs its values only. Branches of ``{#if}`` and
loops inside a row differ from row to row; they are sent as HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from soundforge.live.diff import Rendered, StreamRows, to_html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from soundforge.live.diff import Node, Statics
    from soundforge.live.stream import Stream

Shapes: TypeAlias = "dict[tuple[Statics, ...], Statics]"
"""Which statics make up a row, to the row's flat statics: the same object for each render."""


def stream_rows(
    stream: Stream, statics: Statics, rows: Iterable[tuple[Node, ...]], shapes: Shapes
) -> StreamRows:
    """Return a stream's changed rows.

    Args:
        stream: Where they come from.
        statics: The template of one row.
        rows: The dynamics of each.
        shapes: Kept with the template; grows by one for each way its rows are made up.
    """
    rows = list(rows)
    flat = [_flatten(statics, row) for row in rows]
    leaves = tuple(leaves for _, _, leaves in flat)
    made_up_of = {parts for parts, _, _ in flat}
    if len(made_up_of) == 1:
        parts, flat_statics, _ = flat[0]
        stream.statics = shapes.setdefault(parts, flat_statics)
    elif made_up_of:
        # The browser takes one template for all rows of a diff: what they share is the outer one.
        leaves = tuple(tuple(map(to_html, row)) for row in rows)
        stream.statics = statics
    return StreamRows(stream.statics or statics, leaves, stream.peek(), stream.name)


def _flatten(
    statics: Statics, dynamics: tuple[Node, ...]
) -> tuple[tuple[Statics, ...], Statics, tuple[str, ...]]:
    """Return the templates that make up a row, their joined statics, and the leaves between."""
    parts, joined = [statics], [statics[0]]
    leaves: list[str] = []
    for dynamic, static in zip(dynamics, statics[1:], strict=True):
        if isinstance(dynamic, Rendered) and dynamic.is_component:
            inner_parts, inner_statics, inner_leaves = _flatten(dynamic.statics, dynamic.dynamics)
            parts.extend(inner_parts)
            joined[-1] += inner_statics[0]
            joined.extend(inner_statics[1:])
            leaves.extend(inner_leaves)
            joined[-1] += static
        else:
            leaves.append(to_html(dynamic))
            joined.append(static)
    return tuple(parts), tuple(joined), tuple(leaves)
