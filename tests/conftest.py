"""Fixtures for every test come from plugins, one subject each."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("without a stop watch", deadline=None)
settings.load_profile("without a stop watch")

pytest_plugins = [
    "tests.plugins.signals",
    "tests.plugins.models",
    "tests.plugins.postgres",
    "tests.plugins.embedded",
    "tests.plugins.pipeline",
    "tests.plugins.app",
]
