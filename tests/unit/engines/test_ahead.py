"""Work beside work: the order, the limits and the failures of the one thread that helps."""

from __future__ import annotations

import itertools
import threading

import pytest

from soundforge.engines.ahead import Behind, ahead


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 50])
def test_items_come_in_their_order_and_once(count):
    assert list(ahead(range(count))) == list(range(count))


def test_none_is_an_item_like_others():
    assert list(ahead([None, None])) == [None, None]


def test_items_are_made_in_another_thread_and_not_far_ahead():
    made = []

    def items():
        for number in itertools.count():
            made.append(threading.get_ident())
            yield number

    stream = ahead(items(), most=3)
    first = next(stream)
    stream.close()

    assert first == 0
    assert threading.get_ident() not in made
    assert len(made) <= 4


def test_a_failure_comes_after_the_items_before_it():
    def items():
        yield 1
        raise ValueError("damaged")

    stream = ahead(items())

    assert next(stream) == 1
    with pytest.raises(ValueError, match="damaged"):
        next(stream)


def test_calls_are_made_in_turn():
    seen = []
    behind = Behind(most=2)

    for number in range(20):
        behind.call(seen.append, number)
    behind.finish()

    assert seen == list(range(20))


def test_a_caller_that_is_too_fast_waits():
    gate, seen = threading.Event(), []
    behind = Behind(most=2)
    behind.call(gate.wait, 30)
    behind.call(seen.append, 1)
    opener = threading.Timer(0.05, gate.set)
    opener.start()

    behind.call(seen.append, 2)
    behind.call(seen.append, 3)

    assert gate.is_set()
    behind.finish()
    assert seen == [1, 2, 3]


def test_what_fails_is_told_at_the_end_at_the_latest():
    def call_and_finish():
        behind = Behind()
        behind.call(int, "no number")
        behind.finish()

    with pytest.raises(ValueError, match="no number"):
        call_and_finish()
