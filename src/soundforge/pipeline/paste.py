"""Several links pasted at once: each is asked for on its own, and one bad one stops no other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.pipeline import links as ways_in
from soundforge.pipeline.plans import AS_USUAL

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.pipeline.links import Imported
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.tools import Tools
    from soundforge.providers.base import Found

MOST_CHARS: Final = 65_536
MOST_LINKS: Final = 100
_AT_ONCE: Final = 8
"""Questions to a music service under way; it counts them over half a minute, and refuses many."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A piece of the text that could not be taken, cut to 100 characters, and why."""

    text: str
    error: errors.SoundForgeError


async def links(
    tools: Tools,
    owner_id: uuid.UUID,
    text: str,
    *,
    stages: Sequence[str] = (),
    separation: Separation = AS_USUAL,
) -> tuple[list[Imported], list[Refused]]:
    """Import every link in ``text``; both lists are in its order, and so is the library.

    The service is asked for several links at once; what it knows is added in one go. Cancelled
    before that, nothing is.

    Raises:
        errors.Invalid: There is nothing in it, or too much; see `split`.
        errors.SoundForgeError: A stage, model or stem that there is not.
    """
    pieces = split(text)
    plan = ways_in.plan_for_links(tools, stages, separation)
    places = asyncio.Semaphore(_AT_ONCE)

    async def find(piece: str) -> Found | Refused:
        async with places:
            try:
                return await ways_in.find(tools, piece)
            except errors.SoundForgeError as error:
                return Refused(piece[:100], error)

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(find(piece)) for piece in pieces]
    answers = [task.result() for task in asked]
    refused = [one for one in answers if isinstance(one, Refused)]
    found = [one for one in answers if not isinstance(one, Refused)]
    if not found:
        return [], refused
    async with tools.database.transaction() as session:
        return await ways_in.add(session, tools, owner_id, found, plan), refused


def split(text: str) -> tuple[str, ...]:
    """Return the pieces of ``text`` between white space, each once and in order.

    Raises:
        errors.Invalid: There is none (``nothing_pasted``), or they are more than `MOST_LINKS`
            or `MOST_CHARS` (``too_many_links``).
    """
    pieces = tuple(dict.fromkeys(text.replace("\x00", "").split()))
    if not pieces:
        raise errors.Invalid("nothing_pasted", "There is no link in the text.", "Paste a link.")
    if len(pieces) > MOST_LINKS or len(text) > MOST_CHARS:
        raise errors.Invalid(
            "too_many_links",
            f"That is {len(pieces)} links or words; {MOST_LINKS} at once are taken.",
            "Paste fewer, or the link of a playlist.",
        )
    return pieces
