"""The way in for links: what they lead to becomes tracks and their first jobs.

To ask the service takes long and holds no transaction; to add what it said is one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from soundforge.library import batches, tracks
from soundforge.pipeline import plans, start
from soundforge.pipeline.also import nothing_else
from soundforge.pipeline.plans import AS_USUAL
from soundforge.pipeline.start import Plan
from soundforge.providers import base

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence

    from soundforge.db.session import Session
    from soundforge.library import Track
    from soundforge.pipeline.also import Also
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.tools import Tools
    from soundforge.providers.base import Found, Skipped, TrackMetadata

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a link.

    Args:
        kind: ``track``, ``album`` or ``playlist``.
        title: Of what was linked.
        total: How many entries the service counts.
        added: Tracks that are new in the library.
        existing: Tracks that were there already; nothing was started for them.
        skipped: Entries that cannot become tracks, and why.
        batch_id: The batch that takes the new tracks of an album or a playlist their way.
    """

    kind: str
    title: str
    total: int
    added: tuple[Track, ...]
    existing: tuple[Track, ...]
    skipped: tuple[Skipped, ...]
    batch_id: uuid.UUID | None = None


async def link(
    tools: Tools,
    owner_id: uuid.UUID,
    text: str,
    *,
    stages: Sequence[str] = (),
    separation: Separation = AS_USUAL,
    also: Also[Imported] = nothing_else,
) -> Imported:
    """Add everything that ``text`` links to; start its way through the pipeline.

    Args:
        tools: The doors.
        owner_id: Whose library.
        text: What the user pasted.
        stages: Which stages to run; nothing means all.
        separation: How they are separated.
        also: Called with what came of it, in the transaction that adds it.

    Raises:
        errors.SoundForgeError: The link is refused, or the service gave no answer.
    """
    plan = plan_for_links(tools, stages, separation)
    found = await find(tools, text)
    async with tools.database.transaction() as session:
        (imported,) = await add(session, tools, owner_id, [found], plan)
        await also(session, imported)
    return imported


def plan_for_links(tools: Tools, stages: Sequence[str], separation: Separation) -> Plan:
    """Return what is to be done with each track behind a link.

    Raises:
        errors.SoundForgeError: A stage, model or stem that there is not.
    """
    following = plans.after_recording(tools.models, plans.check(stages), separation)
    return Plan("download", then=following)


async def find(tools: Tools, text: str) -> Found:
    """Return what a link leads to; nothing is added yet.

    Raises:
        errors.SoundForgeError: The link is refused, or the service gave no answer.
    """
    return await base.find(tools.providers, text).resolve(text)


async def add(
    session: Session, tools: Tools, owner_id: uuid.UUID, found: Sequence[Found], plan: Plan
) -> list[Imported]:
    """Add what links led to, and start its way.

    A song behind two links belongs to the first one. The library shows the newest first, so the
    first song of the first link is the newest; and it is worked on first.
    """
    # Two imports of one song at once: the second finds the first one's track.
    await tracks.lock_library(session, owner_id)
    wanted = {metadata.spotify_id: metadata for one in reversed(found) for metadata in one.tracks}
    known = await tracks.find_spotify(session, owner_id, list(wanted))
    new = dict.fromkeys(
        metadata.spotify_id
        for one in found
        for metadata in one.tracks
        if metadata.spotify_id not in known
    )
    each = [_columns(wanted[spotify_id]) for spotify_id in reversed(new)]
    added = {track.spotify_id: track for track in await tracks.add_many(session, owner_id, each)}
    return [await _begin(session, tools, owner_id, one, (known, added), plan) for one in found]


async def _begin(
    session: Session,
    tools: Tools,
    owner_id: uuid.UUID,
    found: Found,
    tracks_by_id: tuple[dict[str, Track], dict[str | None, Track]],
    plan: Plan,
) -> Imported:
    """Start the way of those tracks of a link that are new, and make them known."""
    known, new = tracks_by_id
    ids = [metadata.spotify_id for metadata in found.tracks]
    existing = tuple(known[one] for one in ids if one in known)
    added = {one: new.pop(one) for one in ids if one in new}
    known.update(added)
    batch_id = await _batch(session, owner_id, found, plan) if added else None
    await start.begin(
        session,
        tools.queue,
        [(track.id, plan) for track in added.values()],
        priority=start.WAITED_FOR if found.kind == "track" else start.BATCH,
        batch_id=batch_id,
    )
    logger.info("link imported", extra={"kind": found.kind, "added": len(added)})
    return Imported(
        found.kind,
        found.title,
        found.total,
        tuple(added.values()),
        existing,
        found.skipped,
        batch_id,
    )


async def _batch(
    session: Session, owner_id: uuid.UUID, found: Found, plan: Plan
) -> uuid.UUID | None:
    if found.kind == "track":
        return None
    model = next((one.model for one in plan.then if one.model), None)
    batch = await batches.add(
        session, owner_id, title=found.title, kind=found.kind, model=model, skipped=[]
    )
    return batch.id


def _columns(metadata: TrackMetadata) -> dict[str, Any]:
    return {
        "source": "spotify",
        "spotify_id": metadata.spotify_id,
        "spotify_url": metadata.spotify_url,
        "title": metadata.title,
        "artist": metadata.artist,
        "album": metadata.album,
        "album_art_url": metadata.album_art_url,
        "duration_ms": metadata.duration_ms,
        "isrc": metadata.isrc,
    }
