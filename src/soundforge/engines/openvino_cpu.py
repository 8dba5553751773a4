"""OpenVINO on the CPU, silent: nothing about the user leaves the machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def load() -> ModuleType:
    """Import OpenVINO without its telemetry and without threads that spin while they wait.

    Importing OpenVINO sends an event to a statistics service. With its telemetry package
    hidden it uses its own empty stand-in.
    """
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import openvino

    return openvino  # type: ignore[no-any-return]


def compile_model(model: Any, *, threads: int = 0) -> Any:
    """Return ``model`` compiled for f32 on ``threads`` cores; 0 for all of them."""
    config: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "1"}
    if threads > 0:
        config["INFERENCE_NUM_THREADS"] = threads
    return load().Core().compile_model(model, "CPU", config)
