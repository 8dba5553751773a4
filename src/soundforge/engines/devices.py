"""What can compute the networks here, and which of it shall. Standard library only.

The graphics card is used through torch, which the extra ``gpu`` brings; without the extra
everything runs on the CPU with OpenVINO.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["cuda", "mps", "torch-cpu"]

ASKED: Final = ("auto", "cpu", "cuda", "mps", "torch-cpu")
"""What may be asked for. ``torch-cpu`` is torch on the CPU: for tests, and to compare."""

_LABELS: Final = {"cuda": "CUDA", "mps": "MPS", "torch-cpu": "torch on the CPU"}
# HDemucs was reported to be ten times slower on MPS than on the same machine's CPU.
_SLOWER: Final = {("mps", "hdemucs")}


@dataclass(frozen=True, slots=True)
class Found:
    """One device that torch can use.

    Args:
        kind: Its kind.
        name: What its maker calls it.
        memory_bytes: How much memory it has; 0 where that is the computer's own.
    """

    kind: Kind
    name: str
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found here.

    Args:
        torch: Version of torch; empty when the extra ``gpu`` is not installed.
        devices: The devices, the best first.
        trouble: Why the extra cannot be used although it is there.
    """

    torch: str = ""
    devices: tuple[Found, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What shall compute.

    Args:
        device: The device; None for the CPU with OpenVINO.
        reason: Why it is the CPU although something else was wanted; else empty.
    """

    device: Found | None
    reason: str = ""


def machine(found: Found, torch: str) -> str:
    """Return a device and what computes on it: what a measurement of precision is valid for."""
    return f"{found.name} | torch {torch}"


def choose(asked: str, seen: Seen, family: str) -> Choice:
    """Return what shall compute a family's networks.

    Args:
        asked: One of `ASKED`; ``auto`` takes a graphics card where there is one.
        seen: What is there.
        family: ``htdemucs``, ``htdemucs_6s`` or ``hdemucs``.
    """
    if asked == "cpu":
        return Choice(None)
    if asked == "auto":
        usable = [
            found
            for found in seen.devices
            if found.kind != "torch-cpu" and (found.kind, family) not in _SLOWER
        ]
        return Choice(usable[0]) if usable else Choice(None, seen.trouble)
    label = _LABELS[asked]
    if not seen.torch:
        return Choice(None, seen.trouble or f"{label} needs the extra gpu, which is not installed")
    found = next((found for found in seen.devices if found.kind == asked), None)
    if found is None:
        return Choice(None, f"torch finds no device for {label}")
    if (found.kind, family) in _SLOWER:
        return Choice(None, f"{label} is slower than the CPU for this model")
    return Choice(found)
