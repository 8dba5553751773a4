"""What the browser shows after a diff is what the server rendered.

`Browser` is a model of the official client's merge (its `rendered.js`), small enough to read.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from soundforge.live import diff
from soundforge.live.diff import Loop, Rendered, StreamRows, settle, to_html

A, B, C = ("<a>", "</a>"), ("<b>", "-", "</b>"), ("<i>", "</i>")
texts = st.sampled_from(["", "x", "y", "&lt;"])
keys = st.lists(st.integers(0, 5), max_size=5, unique=True)


@st.composite
def trees(draw: st.DrawFn, depth: int = 2) -> Any:
    if depth == 0:
        return draw(texts)
    inner = trees(depth=depth - 1)
    match draw(st.sampled_from(["text", "one", "two", "loop"])):
        case "text":
            return draw(texts)
        case "one":
            return Rendered(A, (draw(inner),))
        case "two":
            return Rendered(B, (draw(inner), draw(inner)))
    return Loop(C, tuple((key, (draw(inner),)) for key in draw(keys)))


class Browser:
    """Merges diffs the way the client does."""

    def __init__(self, wire: Any) -> None:
        self.tree = over_the_wire(wire)

    def receive(self, wire: Any) -> None:
        if wire is not None:
            self.tree = merge(self.tree, over_the_wire(wire))

    def html(self) -> str:
        return show(self.tree)


def over_the_wire(wire: Any) -> Any:
    return json.loads(json.dumps(wire))


def merge(target: Any, source: Any) -> Any:
    if not isinstance(source, dict) or "s" in source or not isinstance(target, dict):
        return source
    if "k" in source:
        merge_keyed(target, source)
        return target
    for key, value in source.items():
        target[key] = merge(target.get(key), value)
    return target


def merge_keyed(target: Any, source: Any) -> None:
    changes, entries = source["k"], target["k"]
    old = over_the_wire(entries) if changes.get("km") else None
    for at in sorted((key for key in changes if key not in ("kc", "km")), key=int):
        change = changes[at]
        if isinstance(change, list):
            entries[at] = merge(old[str(change[0])], change[1])
        elif isinstance(change, int):
            entries[at] = old[str(change)]
        else:
            entries[at] = merge(entries.get(at, {}), change)
    for at in range(changes["kc"], entries["kc"]):
        entries.pop(str(at), None)
    entries["kc"] = changes["kc"]


def show(node: Any) -> str:
    if isinstance(node, str):
        return node
    if "k" in node:
        entries = (node["k"][str(i)] for i in range(node["k"]["kc"]))
        return "".join(show_entry(node["s"], entry) for entry in entries)
    return show_entry(node["s"], node)


def show_entry(statics: list[str], entry: Any) -> str:
    parts = [show(entry[str(i)]) + static for i, static in enumerate(statics[1:])]
    return statics[0] + "".join(parts)


@given(st.lists(trees(), min_size=1, max_size=4))
def test_the_browser_shows_what_was_rendered(steps):
    root = [Rendered(A, (step,)) for step in steps]
    browser = Browser(diff.full(root[0]))
    assert browser.html() == to_html(root[0])

    for before, after in itertools.pairwise(root):
        browser.receive(diff.diff(settle(before), after))
        assert browser.html() == to_html(after)


@given(trees())
def test_an_equal_tree_costs_nothing(tree):
    again = Rendered(A, (tree,))

    assert diff.diff(Rendered(A, (tree,)), again) is None


@given(trees())
def test_every_leaf_is_a_string_so_that_none_is_taken_for_a_component(tree):
    def check(node: Any) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if key not in ("s", "kc", "km"):
                    check(value)
        else:
            assert isinstance(node, str)

    check(diff.full(tree))


def rows(*texts: str, changes: list[Any] | None = None) -> StreamRows:
    return StreamRows(A, tuple((text,) for text in texts), changes, "jobs")


def test_a_stream_sends_its_statics_once():
    first = diff.full(rows("1", changes=["jobs", [["jobs-1", -1, None, False]], []]))
    second = diff.diff(
        settle(rows("1")), rows("2", changes=["jobs", [["jobs-2", 0, None, False]], []])
    )

    assert first["s"] == ["<a>", "</a>"]
    assert second == {
        "k": {"0": {"0": "2"}, "kc": 1},
        "stream": ["jobs", [["jobs-2", 0, None, False]], []],
    }


def test_a_stream_without_changes_sends_nothing():
    assert diff.diff(settle(rows("1")), rows()) is None


def test_an_empty_stream_sends_its_statics_too():
    assert diff.full(rows()) == {
        "s": ["<a>", "</a>"],
        "k": {"kc": 0},
        "stream": ["jobs", [], []],
    }


def test_a_moved_entry_is_named_by_its_old_place():
    before = Loop(A, (("x", ("1",)), ("y", ("2",))))
    after = Loop(A, (("y", ("2",)), ("x", ("3",))))

    assert diff.diff(before, after) == {"k": {"0": 1, "1": [0, {"0": "3"}], "km": 1, "kc": 2}}
