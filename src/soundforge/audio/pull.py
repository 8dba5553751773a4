"""One fetch of weights that several callers wait for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from soundforge.engines import protocol


class ReportWithDetail(Protocol):
    """Told how far a long piece of work is; ``detail`` are numbers a page may show."""

    def __call__(self, fraction: float, message: str, detail: dict[str, Any], /) -> None:
        """Take note; must not raise."""


class Pull:
    """One running pull and those who wait for it.

    Attributes:
        task: The work; set right after it is made.
    """

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self._followers: list[ReportWithDetail | None] = []

    def tell(self, progress: protocol.Progress) -> None:
        """Pass progress on to all who wait."""
        for report in self._followers:
            if report is not None:
                report(progress.fraction, progress.message, progress.detail)

    async def follow(self, report: ReportWithDetail | None) -> None:
        """Wait for the end; the last one to leave before ends the work."""
        self._followers.append(report)
        try:
            await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if len(self._followers) == 1 and not self.task.done():
                self.task.cancel()
                await asyncio.gather(self.task, return_exceptions=True)
            raise
        finally:
            self._followers.remove(report)
