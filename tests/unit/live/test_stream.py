"""Streams: what is sent for what was asked."""

from __future__ import annotations

from types import SimpleNamespace

from soundforge.live import Stream


def item(number: int, name: str = "") -> SimpleNamespace:
    return SimpleNamespace(id=number, name=name)


def test_an_insert_names_its_place():
    stream = Stream("jobs")
    stream.insert(item(1))
    stream.insert(item(2), at=0)

    assert stream.peek() == [
        "jobs",
        [["jobs-1", -1, None, False], ["jobs-2", 0, None, False]],
        [],
    ]


def test_two_changes_of_a_row_in_one_burst_are_sent_once_with_the_newest_content():
    stream = Stream("jobs")
    stream.insert(item(1, "old"), at=0)
    stream.insert(item(1, "new"))

    assert stream.peek() == ["jobs", [["jobs-1", 0, None, False]], []]
    assert [(dom_id, row.name) for dom_id, row in stream] == [("jobs-1", "new")]


def test_a_deleted_row_is_not_inserted():
    stream = Stream("jobs")
    stream.insert(item(1))
    stream.delete(item(1))

    assert stream.peek() == ["jobs", [], ["jobs-1"]]


def test_delete_then_insert_moves_a_row():
    stream = Stream("jobs")
    stream.delete(item(1))
    stream.insert(item(1), at=0)

    assert stream.peek() == ["jobs", [["jobs-1", 0, None, False]], ["jobs-1"]]


def test_a_reset_forgets_what_waited():
    stream = Stream("jobs")
    stream.insert(item(1))
    stream.delete(item(2))
    stream.reset([item(3)])

    assert stream.peek() == ["jobs", [["jobs-3", -1, None, False]], [], True]


def test_nothing_is_sent_twice():
    stream = Stream("jobs")
    stream.reset([item(3)])
    stream.forget()

    assert stream.peek() is None
    assert list(stream) == []


def test_the_dom_id_may_be_chosen():
    stream = Stream("jobs", lambda row: f"row-{row.name}")
    stream.insert(item(1, "a"))

    assert [dom_id for dom_id, _ in stream] == ["row-a"]
