"""What was measured about half precision on this machine. Standard library only.

One file beside each model's weights. Valid for one identity of the weights, one CPU and one
version of OpenVINO; anything else is measured again.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "precision.json"
ENOUGH_DB: Final = 50.0
"""How far the error of every stem must lie below the stem; to be settled by listening."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How far half precision is from full, per stem, in dB; more is better."""

    stems_db: Mapping[str, float]

    @property
    def is_enough(self) -> bool:
        """Whether half precision is good enough for every stem that was measured."""
        return all(db >= ENOUGH_DB for db in self.stems_db.values())


def key(weights_hash: str) -> str:
    """Return what a measurement is valid for."""
    return f"{weights_hash} | {cpu_name()} | OpenVINO {importlib.metadata.version('openvino')}"


def cpu_name() -> str:
    """Return the CPU's model, as the system calls it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def find(model_folder: Path, weights_hash: str) -> Measured | None:
    """Return what was measured here for these weights; None when nothing was."""
    try:
        entry = json.loads((model_folder / FILE_NAME).read_text())[key(weights_hash)]
        return Measured({str(stem): float(db) for stem, db in entry.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def remember(model_folder: Path, weights_hash: str, measured: Measured) -> None:
    """Keep a measurement, and those of other stems; a folder we may not write to is no error."""
    earlier = find(model_folder, weights_hash)
    stems = {**(earlier.stems_db if earlier else {}), **measured.stems_db}
    part = model_folder / f".{FILE_NAME}.part"
    with contextlib.suppress(OSError):
        part.write_text(json.dumps({key(weights_hash): stems}, indent=2) + "\n")
        part.replace(model_folder / FILE_NAME)
