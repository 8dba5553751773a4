"""The way in for files: one becomes a track and its first jobs, in one transaction."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from soundforge import errors
from soundforge.library import tracks
from soundforge.pipeline import plans, recordings, start
from soundforge.pipeline.also import nothing_else
from soundforge.pipeline.plans import AS_USUAL
from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from soundforge.db.session import Session
    from soundforge.library import Track
    from soundforge.pipeline.also import Also
    from soundforge.pipeline.plans import Separation
    from soundforge.pipeline.recordings import Kept
    from soundforge.pipeline.tools import Tools

_LONGEST_TITLE: Final = 300


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
    also: Also[Track] = nothing_else,
) -> Track:
    """Keep a file that the user sent, as a track of its own; start its way.

    The file is decoded to its end, in a process of its own, before it is kept. ``also`` is called
    with the track, in the transaction that adds it.

    Raises:
        errors.SoundForgeError: The file is refused; nothing of it is left.
    """
    following = plans.after_recording(tools.models, plans.check(stages), separation)
    track_id = uuid.uuid4()
    folder = tools.storage.path(layout.scratch(str(track_id)))
    folder.mkdir(parents=True)
    try:
        kept = await _keep(tools, track_id, path, folder)
        async with tools.database.transaction() as session:
            track = await _add_upload(session, owner_id, track_id, kept, file_name)
            await start.begin(session, tools.queue, [(track_id, plan) for plan in following])
            await also(session, track)
            return track
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


async def _add_upload(
    session: Session, owner_id: uuid.UUID, track_id: uuid.UUID, kept: Kept, file_name: str
) -> Track:
    tags = kept.recording.tags
    return await tracks.add(
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


def title_of(file_name: str) -> str:
    r"""Return a title made of a file's name, without its folder and suffix.

    >>> title_of("C:\\Music\\My_song (final).mp3")
    'My song (final)'
    """
    stem = PurePath(file_name.replace("\\", "/")).stem.replace("_", " ")
    printable = "".join(c if c.isprintable() else " " for c in stem)
    return " ".join(printable.split())[:_LONGEST_TITLE] or "Untitled"
