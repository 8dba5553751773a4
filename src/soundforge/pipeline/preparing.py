"""What comes before a separation: its weights are fetched, and it waits for memory.

Reported at 0: nothing of the song is done yet, so none of this counts as work, and the page says
what is going on instead of a percentage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from soundforge.audio import memory, separator
from soundforge.pipeline import admission

if TYPE_CHECKING:
    from collections.abc import Callable

    from soundforge.pipeline.tools import Tools


async def fetch(tools: Tools, model: str, say: Callable[[str], None]) -> None:
    """Fetch the model's weights where they are not here; ``say`` is told how that goes.

    Raises:
        errors.SoundForgeError: As `Models.pull`.
    """
    if tools.models.installed(model):
        return
    label = tools.models.info(model).label

    def told(fraction: float, message: str, detail: dict[str, Any]) -> None:
        del fraction
        say(fetching(label, message, detail))

    await tools.models.pull(model, report=told)


def fetching(label: str, message: str, detail: dict[str, Any]) -> str:
    """Return how far a fetch is, in words.

    >>> fetching("Spleeter", "downloading", {"received_bytes": 41e6, "total_bytes": 89e6})
    'Fetching Spleeter, 41 of 89 MB'
    >>> fetching("Spleeter", "checking", {})
    'Fetching Spleeter: checking'
    """
    received, total = detail.get("received_bytes"), detail.get("total_bytes")
    if received is None or not total:
        return f"Fetching {label}: {message}"
    return f"Fetching {label}, {received / 1e6:.0f} of {total / 1e6:.0f} MB"


async def wait_for_memory(tools: Tools, model: str, say: Callable[[str], None]) -> None:
    """Return when the memory that the model needs can be had; ``say`` is told what is missing.

    Raises:
        errors.Unavailable: ``memory_short``.
    """
    kind = separator.ENGINE, model

    def available() -> int | None:
        free = memory.available_bytes()
        # A process of this model that waits is the one that will work: what it holds is there.
        return None if free is None else free + tools.engine.held_bytes(*kind)

    await admission.wait_for_memory(
        tools.models.info(model).memory_bytes,
        say,
        available=available,
        make_room=lambda: tools.engine.make_room(*kind),
    )
