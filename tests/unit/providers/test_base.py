"""Which provider a link belongs to."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.providers import base
from soundforge.providers.base import Found


class Scheme:
    """A provider that owns the links of one scheme."""

    def __init__(self, name: str) -> None:
        self.name = name

    def owns(self, text: str) -> bool:
        return text.startswith(f"{self.name}:")

    async def resolve(self, text: str) -> Found:
        raise NotImplementedError


def test_a_link_goes_to_the_provider_that_owns_it():
    first, second = Scheme("a"), Scheme("b")

    assert base.find([first, second], "b:1") is second


def test_a_link_of_nobody_is_refused_with_the_way_out():
    with pytest.raises(errors.Invalid) as refusal:
        base.find([Scheme("a")], "c:1")

    assert refusal.value.code == "link_not_supported"
    assert "upload" in refusal.value.next_step
