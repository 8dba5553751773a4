"""Several links pasted at once: each goes its own way in, and one bad one stops no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.pipeline import ingest
from soundforge.pipeline.plans import AS_USUAL

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.pipeline.ingest import Imported
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.tools import Tools

MOST_CHARS: Final = 65_536
MOST_LINKS: Final = 100


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
    """Import every link in ``text``, in order; see `ingest.link`.

    Raises:
        errors.Invalid: There is nothing in it, or too much; see `split`.
    """
    imported: list[Imported] = []
    refused: list[Refused] = []
    for piece in split(text):
        try:
            imported.append(
                await ingest.link(tools, owner_id, piece, stages=stages, separation=separation)
            )
        except errors.SoundForgeError as error:
            refused.append(Refused(piece[:100], error))
    return imported, refused


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
