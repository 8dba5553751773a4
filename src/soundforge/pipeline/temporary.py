"""Files that are made for one answer and kept by nobody."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from soundforge.storage import layout

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from soundforge.pipeline.tools import Tools

_BYTES_PER_FRAME: Final = 2 * 4 * 2  # stereo floats, raw first, then in the file


@dataclass(frozen=True, slots=True)
class Temporary:
    """A file in a folder of its own; whoever has sent it removes the folder.

    Args:
        path: The file.
        folder: What to remove.
        name: For people, without a suffix.
    """

    path: Path
    folder: Path
    name: str


@asynccontextmanager
async def folder(
    tools: Tools, *, duration_s: float, sample_rate_hz: int, files: int = 1
) -> AsyncIterator[Path]:
    """Yield a new folder with room for sound; it is removed if the block fails.

    Args:
        tools: The doors.
        duration_s: How long each file will be.
        sample_rate_hz: Of each file.
        files: How many.

    Raises:
        errors.Conflict: The disk is full.
    """
    each_bytes = int(duration_s * sample_rate_hz * _BYTES_PER_FRAME)
    await tools.storage.require_free(tools.free_disk_bytes + files * each_bytes)
    made = tools.storage.path(layout.scratch(f"sent-{uuid.uuid4()}"))
    made.mkdir(parents=True)
    try:
        yield made
    except BaseException:
        await asyncio.shield(asyncio.to_thread(shutil.rmtree, made, ignore_errors=True))
        raise
