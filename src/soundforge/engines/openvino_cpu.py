"""OpenVINO on the CPU, silent: nothing about the user leaves the machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType


def load() -> ModuleType:
    """Import OpenVINO without its telemetry, and with threads that neither spin nor choose a core.

    Importing OpenVINO sends an event to a statistics service. With its telemetry package
    hidden it uses its own empty stand-in. Its converter of other models is hidden, too: we have
    no use for it, and it takes half of the time of the import.

    Which cores are whose, the server decides. oneTBB would move its threads back to all cores of
    the machine whenever they begin to compute: it binds them by hwloc, which binds nothing on a
    machine that it takes for another one.
    """
    for name in ("openvino_telemetry", "openvino.tools.ovc"):
        sys.modules[name] = None  # type: ignore[assignment]
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["HWLOC_THISSYSTEM"] = "0"
    import openvino

    return openvino  # type: ignore[no-any-return]


def compile_model(model: Any, *, threads: int = 0, precision: str = "f32") -> Any:
    """Return ``model`` compiled for ``threads`` cores; 0 for all of them.

    Args:
        model: An OpenVINO model.
        threads: Cores.
        precision: ``f32`` or ``f16``: what it computes in; its inputs and outputs stay f32.
    """
    config: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,
        "NUM_STREAMS": "1",
        # Else it binds its first thread to the first core, and so does the engine beside it.
        "ENABLE_CPU_PINNING": False,
    }
    if threads > 0:
        config["INFERENCE_NUM_THREADS"] = threads
    return load().Core().compile_model(model, "CPU", config)


def has_f16() -> bool:
    """Tell whether this CPU computes in half precision."""
    return "FP16" in load().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
