"""One fetch of weights that several callers wait for."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from soundforge import errors

if TYPE_CHECKING:
    from soundforge.audio.report import Report
    from soundforge.engines import protocol

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fetch:
    """How far a fetch of weights is, or why it ended without them.

    Args:
        fraction: 0 to 1.
        message: What is being done: ``downloading``, ``checking`` …
        received_bytes: How much is here; None while that is not what is being done.
        total_bytes: How much there is.
        error: Why it failed; None while it runs.
    """

    fraction: float = 0.0
    message: str = ""
    received_bytes: int | None = None
    total_bytes: int | None = None
    error: errors.SoundForgeError | None = None


class Pull:
    """One running pull and those who wait for it.

    Attributes:
        task: The work; set right after it is made.
        is_kept: Whether it goes on with nobody waiting for it.
    """

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self.is_kept = False
        self._followers: list[Report | None] = []
        self._newest = Fetch()
        self._is_cancelled = False

    @property
    def state(self) -> Fetch | None:
        """How it stands; None once it has ended well, or was cancelled."""
        if not self.task.done():
            return self._newest
        if self.task.cancelled() or (error := self.task.exception()) is None:
            return None
        if not isinstance(error, errors.SoundForgeError):
            error = errors.Unavailable("internal_error", "The fetch failed.", "See the log.")
        return Fetch(error=error)

    @property
    def is_followed(self) -> bool:
        """Whether somebody waits for its end."""
        return bool(self._followers)

    def tell(self, progress: protocol.Progress) -> None:
        """Pass progress on to all who wait."""
        self._newest = Fetch(
            progress.fraction,
            progress.message,
            progress.detail.get("received_bytes"),
            progress.detail.get("total_bytes"),
        )
        for report in self._followers:
            if report is not None:
                report(progress.fraction, progress.message, progress.detail)

    async def follow(self, report: Report | None) -> None:
        """Wait for the end; the last one to leave before ends the work, unless it is kept.

        Raises:
            errors.Conflict: Somebody has cancelled it for all (``fetch_cancelled``).
        """
        self._followers.append(report)
        try:
            await asyncio.shield(self.task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._is_cancelled and caller is not None and not caller.cancelling():
                raise errors.Conflict(
                    "fetch_cancelled", "The fetch of the model was cancelled.", "Fetch it again."
                ) from None
            if len(self._followers) == 1 and not (self.is_kept or self.task.done()):
                self.task.cancel()
                await asyncio.gather(self.task, return_exceptions=True)
            raise
        finally:
            self._followers.remove(report)

    async def settled(self) -> None:
        """Return at once while it can be joined; wait for the end of one that is being ended."""
        if self.task.cancelling():
            await asyncio.wait({self.task})

    async def cancel(self) -> None:
        """End the work for all who wait."""
        self._is_cancelled = True
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def note_failure(name: str, pull: Pull) -> None:
    """Log why the fetch of a model failed, unless somebody waits who will be told."""
    ended = pull.task
    if not ended.cancelled() and (error := ended.exception()) and not pull.is_followed:
        code = getattr(error, "code", "internal_error")
        logger.warning("model not fetched", extra={"model": name, "code": code})
