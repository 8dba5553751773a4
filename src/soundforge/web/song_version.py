"""The versions of a song that a warp made: where its moments lie in them, how high it sounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import BaseModel

from soundforge import errors
from soundforge.audio import warper
from soundforge.library import Status
from soundforge.pipeline import warp

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from soundforge.audio.warper import Grid
    from soundforge.library import Track

_TIMES: Final = ("start_s", "end_s", "time_s", "at_s")
Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Version:
    """How a song was changed; as it stands here, not at all.

    Args:
        rate: 2 is twice as fast.
        semitones: How much higher it sounds.
        grid: Its bars, where they were evened out; then ``rate`` is not used.
        label: What is added to the names of files; empty for the recording itself.
    """

    rate: float = 1.0
    semitones: int = 0
    grid: Grid | None = None
    label: str = ""

    def at(self, time_s: float) -> float:
        """Return when a moment of the recording sounds here, in seconds."""
        if not self.label:
            return time_s
        return round(warper.moved(time_s, rate=self.rate, grid=self.grid), 4)

    def all_at(self, times_s: Iterable[float]) -> list[float]:
        """Return the same for several moments."""
        return [self.at(time_s) for time_s in times_s]

    def moved(self, row: Row) -> Row:
        """Return a row of the song with its times as they are here."""
        times_s = {name: self.at(getattr(row, name)) for name in _TIMES if hasattr(row, name)}
        return row.model_copy(update=times_s)


def of(track: Track, job_id: uuid.UUID | None) -> Version:
    """Return the version that the warp ``job_id`` made; None means the recording.

    Raises:
        errors.NotFound: There is no such version (``version_not_found``).
    """
    if job_id is None:
        return Version()
    done = (job for job in track.jobs if job.stage == "warp" and job.status == Status.COMPLETED)
    job = next((one for one in done if one.id == job_id), None)
    if job is None:
        raise errors.NotFound(
            "version_not_found", "There is no such version of this track.", "Make it again."
        )
    rate, semitones = float(job.options["rate"]), float(job.options["semitones"])
    label = f"{rate:.0%}, {semitones:+g} st"
    return Version(rate, round(semitones), warp.grid_of(track, job.options), label)
