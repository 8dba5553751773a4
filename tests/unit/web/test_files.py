"""Ranges and names, without a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.web import files


@given(st.integers(0, 10_000), st.one_of(st.none(), st.integers(0, 20_000)), st.integers(1, 10_000))
def test_a_range_lies_inside_the_file_or_is_refused(first, last, size):
    header = f"bytes={first}-{'' if last is None else last}"
    try:
        found = files.range_of(header, size)
    except ValueError:
        assert first >= size
        return

    if found is None:
        assert last is not None
        assert last < first
        return
    assert found[0] == first
    assert first <= found[1] < size


@given(st.text())
def test_no_header_breaks_it(header):
    try:
        found = files.range_of(header, 100)
    except ValueError:
        return
    assert found is None or 0 <= found[0] <= found[1] < 100


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_ranges(header):
    with pytest.raises(ValueError, match="bytes"):
        files.range_of(header, 0)


@given(st.text())
def test_a_safe_name_has_nothing_that_a_file_system_refuses(name):
    safe = files.safe_name(name + ".flac")

    assert safe.endswith(".flac")
    assert not set(safe) & set('/\\:*?"<>|\r\n\x00')
    assert safe not in (".flac", "..")
    assert len(safe) <= 171


@given(st.text())
def test_a_safe_name_is_safe_already(name):
    safe = files.safe_name(name + ".wav")

    assert files.safe_name(safe) == safe
