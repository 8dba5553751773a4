"""Those who claim to be a studio are one: same methods, same parameters."""

from __future__ import annotations

import inspect

import pytest

from soundforge.web.studio import Studio
from soundforge.web.user_studio import UserStudio
from tests.fakes.studio import FakeStudio

METHODS = [name for name in vars(Studio) if not name.startswith("_")]


@pytest.mark.parametrize("studio", [UserStudio, FakeStudio])
@pytest.mark.parametrize("name", METHODS)
def test_a_studio_has_the_methods_of_the_protocol(studio, name):
    expected = inspect.signature(getattr(Studio, name)).parameters
    actual = inspect.signature(getattr(studio, name)).parameters

    assert list(actual) == list(expected)
