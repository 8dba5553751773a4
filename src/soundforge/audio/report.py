"""How far a long piece of work is, as whoever asked for it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from soundforge.audio.engine_process import OnProgress
    from soundforge.engines import protocol


class Report(Protocol):
    """Told how far the work is; ``detail`` are numbers a page may show."""

    def __call__(self, fraction: float, message: str, detail: dict[str, Any], /) -> None:
        """Take note; must not raise."""


def of_engine(report: Report) -> OnProgress:
    """Return what tells ``report`` the progress of an engine."""

    def told(progress: protocol.Progress) -> None:
        report(progress.fraction, progress.message, progress.detail)

    return told
