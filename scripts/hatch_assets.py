"""Build hook: a wheel, and an editable install, come with the static files."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsHook(BuildHookInterface):
    """Run ``scripts/build_assets.py`` before files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, in a process of its own: it imports the package that is being built."""
        del version, build_data
        subprocess.run([sys.executable, "scripts/build_assets.py"], cwd=self.root, check=True)
