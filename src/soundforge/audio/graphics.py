"""The graphics card as the server sees it: which one separates, or why none does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from soundforge.engines import devices

if TYPE_CHECKING:
    from soundforge.audio.engine import Engine

_ENGINE: Final = "find_devices"
_TIMEOUT_S: Final = 60.0  # importing torch from a slow disk
_FAMILY: Final = "htdemucs"  # what most separations run


@dataclass(frozen=True, slots=True)
class Graphics:
    """What computes the networks of the Demucs family.

    Args:
        kind: ``cuda`` or ``mps``; ``cpu`` where no graphics card is used.
        name: What the card's maker calls it; empty for the CPU.
        memory_bytes: The card's own memory; 0 where it has none.
        machine: What a measurement of precision is valid for; empty for the CPU.
        torch: Version of torch; empty when the extra ``gpu`` is not installed.
        reason: Why it is the CPU although something else was asked for; else empty.
        has_f16: Whether it computes in half precision.
    """

    kind: str = "cpu"
    name: str = ""
    memory_bytes: int = 0
    machine: str = ""
    torch: str = ""
    reason: str = ""
    has_f16: bool = False


async def look(engine: Engine, asked: str) -> Graphics:
    """Return what will compute when ``asked`` (a setting: ``auto``, ``cpu`` …) is wanted.

    Raises:
        errors.Unavailable: The process that looks has crashed: a broken driver may do that.
    """
    params = {"cards": asked != "cpu"}
    found = await engine.run(_ENGINE, params, job="devices", timeout_s=_TIMEOUT_S)
    return parse(found, asked)


def parse(value: dict[str, Any], asked: str) -> Graphics:
    """Return what the program that looks has seen, as a choice."""
    found = tuple(devices.Found(**device) for device in value["devices"])
    seen = devices.Seen(value["torch"], found, value["trouble"])
    choice = devices.choose(asked, seen, _FAMILY)
    if choice.device is None:
        return Graphics(torch=seen.torch, reason=choice.reason, has_f16=bool(value["cpu_has_f16"]))
    return Graphics(
        choice.device.kind,
        choice.device.name,
        choice.device.memory_bytes,
        devices.machine(choice.device, seen.torch),
        seen.torch,
        has_f16=True,
    )
