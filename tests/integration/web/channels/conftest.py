"""Node's packages are those of the tests of `soundforge.live`."""

from __future__ import annotations

from tests.integration.live.conftest import node_modules

__all__ = ["node_modules"]
