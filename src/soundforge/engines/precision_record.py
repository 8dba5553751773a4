"""What was measured about half precision on this machine. Standard library only.

One file beside each model's weights. Valid for one identity of the weights, one form of our
graphs, one CPU or graphics card, and one version of what computes on it; anything else is measured
again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import platform
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "precision.json"
ENOUGH_DB: Final = 50.0
"""How far the error of every stem must lie below the stem; to be settled by listening."""

# Linux on ARM gives no model, but numbers that stand for one.
_ARM: Final = ("CPU implementer", "CPU part", "CPU variant")


@dataclass(frozen=True, slots=True)
class Measured:
    """How far half precision is from full, per stem, in dB; more is better."""

    stems_db: Mapping[str, float]

    @property
    def is_enough(self) -> bool:
        """Whether half precision is good enough for every stem that was measured."""
        return all(db >= ENOUGH_DB for db in self.stems_db.values())


def key(weights_hash: str, machine: str = "") -> str:
    """Return what a measurement is valid for; no ``machine`` is `cpu`."""
    return f"{_made_of(weights_hash)}{machine or cpu()}"


def _made_of(weights_hash: str) -> str:
    return f"{weights_hash} | graphs {graphs()} | "


@functools.cache
def graphs() -> str:
    """Return what identifies our graphs: the same weights in another graph have another error."""
    engines = resources.files("soundforge.engines")
    digest = hashlib.blake2b(digest_size=6)
    files = [file for file in (engines / "skeletons").iterdir() if file.name.endswith(".zip")]
    builders = [engines / name for name in ("skeleton.py", "roformer_graph.py")]
    for file in (*sorted(files, key=lambda file: file.name), *builders):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def cpu() -> str:
    """Return this computer's CPU and what computes on it."""
    return f"{cpu_name()} | OpenVINO {importlib.metadata.version('openvino')}"


def cpu_name() -> str:
    """Return the CPU's model, as the system calls it."""
    with contextlib.suppress(OSError):
        lines = [line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines()]
        told = {name.strip(): value.strip() for name, _, value in lines}
        if model := told.get("model name"):
            return model
        if numbers := [told[name] for name in _ARM if name in told]:
            return " ".join([platform.machine(), *numbers])
    return platform.processor() or platform.machine()


def find(model_folder: Path, weights_hash: str, machine: str = "") -> Measured | None:
    """Return what was measured for these weights on a machine; None when nothing was.

    Args:
        model_folder: Where the weights are.
        weights_hash: Their identity.
        machine: What computed; empty for this computer's CPU.
    """
    try:
        entry = _read(model_folder)[key(weights_hash, machine)]
        return Measured({str(stem): float(db) for stem, db in entry.items()})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def remember(model_folder: Path, weights_hash: str, measured: Measured, machine: str = "") -> None:
    """Keep a measurement, and those of other stems; a folder we may not write to is no error."""
    earlier = find(model_folder, weights_hash, machine)
    stems = {**(earlier.stems_db if earlier else {}), **measured.stems_db}
    # Of the same weights and graphs only: a graphics card may be there today and not tomorrow.
    kept = {k: v for k, v in _read(model_folder).items() if k.startswith(_made_of(weights_hash))}
    part = model_folder / f".{FILE_NAME}.part"
    with contextlib.suppress(OSError):
        content = {**kept, key(weights_hash, machine): stems}
        part.write_text(json.dumps(content, indent=2) + "\n")
        part.replace(model_folder / FILE_NAME)


def _read(model_folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((model_folder / FILE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
