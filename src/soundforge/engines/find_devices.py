"""The program that looks for what can compute: ``python -m soundforge.engines.find_devices``.

Params: ``cards`` (whether to look for graphics cards; by default yes). A process of its own, as torch must not get into the server, and a broken driver
may end the process that asks it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from soundforge.engines import openvino_cpu, runtime, torch_device
from soundforge.engines.devices import Seen

if TYPE_CHECKING:
    from soundforge.engines.runtime import Report


def find(params: dict[str, Any], _: Report) -> dict[str, Any]:
    """Return ``torch`` (its version, or empty), ``devices``, ``trouble`` and ``cpu_has_f16``."""
    seen = torch_device.look() if params.get("cards", True) else Seen()
    return {**asdict(seen), "cpu_has_f16": openvino_cpu.has_f16()}


if __name__ == "__main__":
    runtime.serve(find)
