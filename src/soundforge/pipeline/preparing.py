"""What comes before a separation: its weights are fetched, and it waits for memory.

Reported at 0: nothing of the song is done yet, so none of this counts as work, and the page says
what is going on instead of a percentage.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from soundforge.audio import separator
from soundforge.pipeline.admission import Asker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from soundforge.library import Job
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


@contextlib.asynccontextmanager
async def memory_for(tools: Tools, job: Job, model: str) -> AsyncIterator[int]:
    """Keep the memory that the model needs for the work in the block.

    Args:
        tools: The doors.
        job: Whose work it is.
        model: Its model.

    Yields:
        The length of segments to work in, in seconds: a smaller one where there is not enough
        memory for the model's own, which is 0.

    Raises:
        MustWaitError: There is not enough now.
        errors.Conflict: ``memory_too_small``.
        errors.Unavailable: ``memory_short``.
    """
    kind = separator.ENGINE, model
    asker = Asker.of(
        job,
        # A process of this model that waits is the one that will work: what it holds is there.
        held=lambda: tools.engine.held_bytes(*kind, str(job.id)),
        make_room=lambda: tools.engine.make_room(*kind),
    )
    info = tools.models.info(model)
    ways = [info.memory_bytes, *(smaller.memory_bytes for smaller in info.smaller)]
    async with tools.admission.admitted(tools.database, asker, ways) as way:
        yield info.smaller[way - 1].segment_s if way else 0


async def wake(tools: Tools) -> int:
    """Wake the jobs that wait for memory and would get it now; return how many there were."""
    return await tools.admission.wake(
        tools.database,
        held=lambda model: tools.engine.held_bytes(separator.ENGINE, model, ""),
        make_room=lambda model: tools.engine.make_room(separator.ENGINE, model),
    )
