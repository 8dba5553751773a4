"""The way in: a link or a file becomes tracks and their first jobs, in one transaction."""

from __future__ import annotations

import hashlib
import logging
import shutil
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from soundforge import errors
from soundforge.library import Track, batches, tracks
from soundforge.pipeline import plans, recordings, start
from soundforge.pipeline.plans import AS_USUAL
from soundforge.pipeline.start import Plan
from soundforge.providers import base
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from soundforge.db.session import Session
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.recordings import Kept
    from soundforge.pipeline.tools import Tools
    from soundforge.providers.base import Found, Skipped, TrackMetadata

logger = logging.getLogger(__name__)

_LONGEST_TITLE: Final = 300


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
) -> Imported:
    """Add everything that ``text`` links to; start its way through the pipeline.

    Args:
        tools: The doors.
        owner_id: Whose library.
        text: What the user pasted.
        stages: Which stages to run; nothing means all.
        separation: How they are separated.

    Raises:
        errors.SoundForgeError: The link is refused, or the service gave no answer.
    """
    plan = _plan_for_link(tools, plans.check(stages), separation)
    found = await base.find(tools.providers, text).resolve(text)
    imported = await _add(tools, owner_id, found, plan)
    logger.info("link imported", extra={"kind": found.kind, "added": len(imported.added)})
    return imported


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived, in a temporary place.

    Args:
        path: Where it lies until it is kept, or thrown away.
        sha256: Of its bytes, hexadecimal.
    """

    path: Path
    sha256: str


@asynccontextmanager
async def received(tools: Tools, stream: AsyncIterator[bytes]) -> AsyncIterator[Received]:
    """Write a file that the user sends to disk as it arrives; throw it away unless it was kept.

    Raises:
        errors.SoundForgeError: It is empty or too large, or the disk is full.
    """
    digest = hashlib.sha256()

    async def hashed() -> AsyncIterator[bytes]:
        async for chunk in stream:
            digest.update(chunk)
            yield chunk

    await tools.storage.require_free(tools.free_disk_bytes)
    path = await tools.storage.receive(hashed(), max_bytes=tools.upload_bytes)
    try:
        yield Received(path, digest.hexdigest())
    finally:
        path.unlink(missing_ok=True)


async def upload(
    tools: Tools,
    owner_id: uuid.UUID,
    path: Path,
    *,
    file_name: str,
    stages: Sequence[str] = (),
    separation: Separation = AS_USUAL,
) -> Track:
    """Keep a file that the user sent, as a track of its own; start its way.

    The file is decoded to its end, in a process of its own, before it is kept.

    Raises:
        errors.SoundForgeError: The file is refused; nothing of it is left.
    """
    following = plans.after_recording(tools.models, plans.check(stages), separation)
    track_id = uuid.uuid4()
    folder = tools.storage.path(layout.scratch(str(track_id)))
    folder.mkdir(parents=True)
    try:
        kept = await _keep(tools, track_id, path, folder)
        return await _add_upload(tools, owner_id, track_id, kept, file_name, following)
    except BaseException:
        await tools.storage.remove(layout.recording_dir(track_id))
        raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _keep(tools: Tools, track_id: uuid.UUID, path: Path, folder: Path) -> Kept:
    try:
        return await recordings.keep(tools, track_id, path, job=f"upload-{track_id}", folder=folder)
    except errors.Unavailable as error:
        if error.code.startswith("engine_"):  # a job would be tried again by itself; this is none
            error.next_step = "Send the file again; if it keeps failing, see the server's log."
        raise


def _plan_for_link(tools: Tools, stages: Sequence[str], separation: Separation) -> Plan:
    return Plan("download", then=plans.after_recording(tools.models, stages, separation))


async def _add(tools: Tools, owner_id: uuid.UUID, found: Found, plan: Plan) -> Imported:
    async with tools.database.transaction() as session:
        # Two imports of one song at once: the second finds the first one's track.
        await tracks.lock_library(session, owner_id)
        ids = [metadata.spotify_id for metadata in found.tracks]
        known = await tracks.find_spotify(session, owner_id, ids)
        new = [metadata for metadata in found.tracks if metadata.spotify_id not in known]
        # The library shows the newest first: the first song of an album should be on top.
        added = await tracks.add_many(session, owner_id, map(_columns, reversed(new)))
        added.reverse()
        batch_id = await _batch(session, owner_id, found, plan) if added else None
        await start.begin(
            session,
            tools.queue,
            [(track.id, plan) for track in added],
            priority=start.WAITED_FOR if found.kind == "track" else start.BATCH,
            batch_id=batch_id,
        )
        existing = tuple(known[one] for one in ids if one in known)
        return Imported(
            found.kind, found.title, found.total, tuple(added), existing, found.skipped, batch_id
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


async def _add_upload(
    tools: Tools,
    owner_id: uuid.UUID,
    track_id: uuid.UUID,
    kept: Kept,
    file_name: str,
    following: Sequence[Plan],
) -> Track:
    tags = kept.recording.tags
    async with tools.database.transaction() as session:
        track = await tracks.add(
            session,
            owner_id,
            id=track_id,
            source="upload",
            title=tags.title or title_of(file_name),
            artist=tags.artist,
            album=tags.album,
            isrc=tags.isrc,
            **kept.columns(),
        )
        await start.begin(session, tools.queue, [(track_id, plan) for plan in following])
        return track


def title_of(file_name: str) -> str:
    r"""Return a title made of a file's name, without its folder and suffix.

    >>> title_of("C:\\Music\\My_song (final).mp3")
    'My song (final)'
    """
    stem = PurePath(file_name.replace("\\", "/")).stem.replace("_", " ")
    printable = "".join(c if c.isprintable() else " " for c in stem)
    return " ".join(printable.split())[:_LONGEST_TITLE] or "Untitled"


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
