"""Text that a client may send: no NUL, which PostgreSQL cannot keep, and no lone surrogates."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _check(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain the NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode") from None
    return text


Text = Annotated[str, AfterValidator(_check)]
