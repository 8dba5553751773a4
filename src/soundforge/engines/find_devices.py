"""The program that looks for graphics cards: ``python -m soundforge.engines.find_devices``.

Params: none. A process of its own, as torch must not get into the server, and a broken driver
may end the process that asks it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from soundforge.engines import runtime, torch_device

if TYPE_CHECKING:
    from soundforge.engines.runtime import Report


def find(_: dict[str, Any], __: Report) -> dict[str, Any]:
    """Return ``torch`` (its version, or empty), ``devices`` and ``trouble``."""
    return asdict(torch_device.look())


if __name__ == "__main__":
    runtime.serve(find)
