"""Cursors: what we made comes back the same, and nothing else is accepted."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import errors
from soundforge.web import cursor

PLACES = st.tuples(
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])),
    st.uuids(),
)


def decoded(text):
    """Return the place that `text` names; None if it is refused as it should be."""
    try:
        return cursor.decode(text)
    except errors.Invalid as refused:
        if refused.code != "cursor_invalid":
            raise
        return None


@given(PLACES)
def test_a_place_comes_back_the_same(place):
    made = cursor.encode(place)

    assert cursor.decode(made) == place
    assert len(made) <= 200
    assert made.isascii()
    assert not set(made) & set("+/= ")


@given(PLACES, st.integers(0, 60), st.characters(codec="ascii"))
def test_a_changed_cursor_is_refused_or_names_another_place(place, at, character):
    made = cursor.encode(place)
    changed = made[:at] + character + made[at + 1 :]

    assert (decoded(changed) == place) == (changed == made)


@given(st.text(min_size=1))
def test_any_text_is_a_place_or_refused(text):
    place = decoded(text)

    assert place is None or cursor.encode(place) == text


@pytest.mark.parametrize("start", [None, ""])
def test_no_cursor_is_the_start(start):
    assert cursor.decode(start) is None


def test_the_end_has_no_cursor():
    assert cursor.encode(None) is None
