"""Text and pictures out of a file that anybody may have made."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.engines.formats import tags


@given(st.text(alphabet=st.characters(), max_size=1000))
def test_whatever_was_in_the_file_one_clean_line_comes_out(text: str):
    cleaned = tags.clean_text(text)

    assert cleaned is None or 0 < len(cleaned) <= tags.MAX_TEXT_CHARS
    if cleaned is not None:
        assert cleaned == cleaned.strip()
        assert all(c.isprintable() or c in "\u200c\u200d" for c in cleaned)
        assert cleaned.encode().decode() == cleaned
        assert tags.clean_text(cleaned) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Hoppípolla \r\n", "Hoppípolla"),
        ("a\0b\x1b[31mc", "a b [31mc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("e\u0301", "é"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("e\u202e\u0301", "é"),
        ("x" * 500, "x" * 300),
        ("\0\0", None),
        ("", None),
        (None, None),
        (7, None),
        ("\ud800", None),
    ],
)
def test_text_is_cleaned(text: object, expected: str | None):
    assert tags.clean_text(text) == expected
