"""What was made before: the same audio, model and options need no second separation.

What a separation, a warp or a transcription depends on is hashed into its job's ``content_key``.
A job with a known key gets hard links to the files of the earlier one, whoever owned that, and
rows of its own. The file system counts the links, so either may be deleted and the other keeps
its sound.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import shutil
from typing import TYPE_CHECKING, Any, Final

from soundforge.jobs import locks
from soundforge.library import memory_ledger, stems
from soundforge.pipeline import patience
from soundforge.pipeline.waiting import MustWaitError
from soundforge.storage import layout

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from soundforge.audio.model_info import ModelInfo
    from soundforge.db.session import Session
    from soundforge.library import Job, Stem, Track
    from soundforge.pipeline.tools import Tools

logger = logging.getLogger(__name__)

_OF_PRESETS: Final = {"preset", "note"}
_FORM: Final = 1
"""Raised when stems of the same key would no longer be the same files."""


def content_key(tools: Tools, job: Job, track: Track, segment_s: int = 0) -> str | None:
    """Return the hash of all that the job's stems depend on; None when some of it is not known.

    Args:
        tools: The doors.
        job: The job.
        track: Its track.
        segment_s: Length of the segments where they are not the model's own.
    """
    weights_hash = tools.models.weights_hash(job.model or "")
    if track.recording_sha256 is None or weights_hash is None:
        return None
    options = {name: value for name, value in job.options.items() if name not in _OF_PRESETS}
    if segment_s:
        options["segment_s"] = segment_s
    models = tools.models
    if options.get("stems"):
        options["stems"] = sorted(options["stems"])
    if options.get("sample_rate") == "source" and _is_at_rate(track, models.info(job.model or "")):
        del options["sample_rate"]  # the source's own rate is the model's
    # What nobody chose is left out: keys of before there was a choice stay as they were.
    chosen = [] if models.device == "auto" else [models.device]
    made_by = [job.model, weights_hash, models.precision, options, *chosen]
    return digest([track.recording_sha256, *made_by])


def _is_at_rate(track: Track, model: ModelInfo) -> bool:
    return track.sample_rate_hz == model.sample_rate_hz


def digest(content: list[Any]) -> str:
    """Return the hash of what a job's files depend on, as its ``content_key``."""
    return hashlib.sha256(json.dumps([_FORM, *content], sort_keys=True).encode()).hexdigest()


async def claim(tools: Tools, job: Job, key: str) -> None:
    """Be the one job that makes the stems of ``key``: the same files are made once at a time.

    Raises:
        MustWaitError: Another job makes them; this one waits for it in line, holding no worker.
    """
    queue_job_id = job.queue_job_id
    assert queue_job_id is not None

    async def transact(session: Session) -> bool:
        is_mine = await locks.take(session, queue_job_id, key)
        if not is_mine:
            # Meanwhile it wants no memory, and keeps none from others.
            await memory_ledger.withdraw(session, queue_job_id)
        return is_mine

    if not await patience.transact(tools.database, transact):
        raise MustWaitError(
            "The same audio is being separated already; its stems will be taken", lock=key
        )


async def take(
    tools: Tools,
    key: str,
    out_dir: Path,
    *,
    folder_of: Callable[[uuid.UUID], str] = layout.stems_dir,
) -> tuple[Job, Sequence[Stem]] | None:
    """Put the files of an earlier job of ``key`` into ``out_dir``.

    Args:
        tools: The doors.
        key: The `content_key`.
        out_dir: An empty folder.
        folder_of: Where the files of a job of this kind lie.

    Returns:
        The earlier job and its stems, if it made any; None, and a folder that is still empty, when
        there is none or its files are going away.
    """
    found = await patience.transact(tools.database, lambda session: stems.made_before(session, key))
    if found is None:
        return None
    earlier, made = found
    source = tools.storage.path(folder_of(earlier.id))
    try:
        await asyncio.to_thread(link_all, source, out_dir)
        if all((out_dir / layout.name_of(stem.file_path)).is_file() for stem in made):
            return found
    except OSError as error:  # deleted meanwhile, or damaged: it is separated again
        logger.warning("earlier stems not taken", extra={"reason": str(error)[:200]})
    await asyncio.to_thread(shutil.rmtree, out_dir, ignore_errors=True)
    await asyncio.to_thread(out_dir.mkdir)
    return None


def without_speed(earlier: Job) -> dict[str, Any]:
    """Return the results of an earlier job that was taken; it tells nothing of this machine."""
    results = {**(earlier.results or {}), "reused_from": str(earlier.id)}
    for of_speed in ("took_s", "realtime_factor"):
        results.pop(of_speed, None)
    return results


def link_all(source: Path, target: Path, *, link: Callable[[str, str], None] = os.link) -> None:
    """Make ``target`` a folder like ``source``, of the same files.

    Args:
        source: A folder.
        target: Where it shall be too; replaced.
        link: Makes one hard link; where it cannot, the file is copied.

    Raises:
        OSError: A file went away meanwhile, or the disk is full.
    """

    def put(file: str, place: str) -> None:
        try:
            link(file, place)
        except FileNotFoundError:
            raise
        except OSError:  # a file system without hard links, or too many of one file
            shutil.copy2(file, place)

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, copy_function=put)
