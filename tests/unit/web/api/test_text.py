"""Text from a client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from soundforge.web.api.text import Text

TEXT = TypeAdapter(Text)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_unicode_passes(text):
    assert TEXT.validate_python(text) == text


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "a\udfff"])
def test_what_the_database_cannot_keep_is_refused(text):
    with pytest.raises(ValidationError):
        TEXT.validate_python(text)
