"""Fixtures for every test come from plugins, one subject each."""

from __future__ import annotations

pytest_plugins = [
    "tests.plugins.signals",
    "tests.plugins.models",
    "tests.plugins.postgres",
    "tests.plugins.embedded",
    "tests.plugins.pipeline",
    "tests.plugins.app",
]
