"""What the pages need to know and to do, and the shapes they see it in.

The pages are written against `Studio` alone: no table, no setting, no queue. Everything here
is already fit for one user; ids of somebody else's things answer `errors.NotFound`.

Pages hear of changes on the topics of `soundforge.events` and then ask again; nothing that is
shown travels in an event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from soundforge.library.states import Filter
from soundforge.web.batch_view import BatchStudio, BatchView
from soundforge.web.model_view import ModelView, NetworkView, PresetView
from soundforge.web.song_view import SoundView
from soundforge.web.track_view import (
    ErrorView,
    NotesView,
    SeparationView,
    SongUrls,
    StageView,
    StemView,
    TrackView,
    VersionView,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from soundforge.audio.chords import ChordEngine
    from soundforge.audio.separator import SampleRate

__all__ = [
    "BatchView",
    "Counts",
    "ErrorView",
    "Filter",
    "ImportOutcome",
    "Limits",
    "ModelView",
    "NetworkView",
    "NotesView",
    "PresetView",
    "SeparationView",
    "SongUrls",
    "SoundView",
    "StageView",
    "StemView",
    "Studio",
    "StudioOf",
    "TrackPage",
    "TrackView",
    "VersionView",
]


@dataclass(frozen=True, slots=True)
class TrackPage:
    """A piece of the library, newest first; ``next_cursor`` is None at the end."""

    items: tuple[TrackView, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tracks there are, by what the filters show."""

    all: int = 0
    ready: int = 0
    working: int = 0
    attention: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of what was pasted.

    Args:
        added: Ids of new tracks.
        existing: Ids of tracks that were there before; they are not started again.
        skipped: One sentence for each thing that cannot be had: a local file, an episode.
        errors: One for each link that could not be taken at all.
    """

    added: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    errors: tuple[ErrorView, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What this server takes."""

    upload_bytes: int
    upload_duration_s: float
    is_spotify_configured: bool


class Studio(BatchStudio, Protocol):
    """The doings of one user, as the pages and no one else need them."""

    async def tracks(
        self,
        *,
        limit: int = 24,
        cursor: str | None = None,
        search: str = "",
        state: Filter = "all",
    ) -> TrackPage:
        """Return tracks, newest first. ``search`` looks in title, artist and album."""

    async def track(self, track_id: str) -> TrackView:
        """Return one track.

        Raises:
            errors.NotFound: There is none with this id, or the id is no id.
        """

    async def some(
        self, track_ids: Collection[str], *, search: str = "", state: Filter = "all"
    ) -> tuple[TrackView, ...]:
        """Return those of ``track_ids`` that `tracks` would return, in one read."""

    async def counts(self) -> Counts:
        """Return how many tracks there are."""

    async def import_links(self, text: str) -> ImportOutcome:
        """Add everything the pasted ``text`` points to; one link a line, or one link.

        It may take minutes where a service is slow, and goes on when nobody waits for it.
        Never raises for what a user can paste: that is `ImportOutcome.errors`.
        """

    async def cancel(self, job_id: str) -> None:
        """End a job that waits or runs.

        Raises:
            errors.NotFound: No such job.
            errors.Conflict: It has already ended.
        """

    async def retry(self, job_id: str) -> None:
        """Begin a new attempt of a job that failed or was cancelled.

        Raises:
            errors.NotFound: No such job.
            errors.Conflict: It completed, or it is at work.
        """

    async def separate(
        self,
        track_id: str,
        *,
        model: str | None = None,
        stems: Sequence[str] = (),
        sample_rate: SampleRate = "model",
    ) -> None:
        """Separate the track anew.

        Args:
            track_id: Whose.
            model: A model or a preset; the best one here when None.
            stems: Only these; all when none is named.
            sample_rate: Of the files.

        Raises:
            errors.NotFound: No such track.
            errors.Conflict: There is no recording yet, it is being done, or the model is not
                installed (``model_not_installed``).
            errors.Invalid: No such model, or it makes no such stem.
        """

    async def analyze(self, track_id: str, *, chord_engine: ChordEngine) -> None:
        """Analyse the track anew, its chords named by ``chord_engine``.

        Raises:
            errors.NotFound: No such track.
            errors.Conflict: There is no recording yet, or it is being done.
        """

    async def write_notes(
        self, track_id: str, *, quantise: str | None = None, stems: Sequence[str] = ()
    ) -> None:
        """Write down the notes of the track's stems, moved to a grid if one is named.

        Args:
            track_id: Whose.
            quantise: The grid; None leaves notes where they were played.
            stems: Only these; all when none is named.

        Raises:
            errors.NotFound: No such track, or no such stem.
            errors.Conflict: There are no stems yet, or it is being done.
            errors.Invalid: No such grid, or there are no beats to make it of.
        """

    async def warp(self, track_id: str, *, rate: float, semitones: float, is_steady: bool) -> None:
        """Make a version of the track's stems: ``rate`` times as fast, ``semitones`` higher.

        Raises:
            errors.NotFound: No such track.
            errors.Conflict: There are no stems yet, or it is being done.
            errors.Invalid: Out of range, no change at all, or no bars to even out.
        """

    async def delete_track(self, track_id: str) -> None:
        """Remove a track and cancel its work.

        Raises:
            errors.NotFound: No such track.
        """

    async def undo_delete(self, track_id: str) -> None:
        """Bring a deleted track back.

        Raises:
            errors.NotFound: No such track, or it is past coming back.
        """

    async def models(self) -> tuple[ModelView, ...]:
        """Return the models that separate, the best installed one first."""

    def networks(self) -> tuple[NetworkView, ...]:
        """Return the networks that analyses listen with, by name."""

    def presets(self) -> tuple[PresetView, ...]:
        """Return the presets, the quickest first."""

    def limits(self) -> Limits:
        """Return what this server takes."""


StudioOf: TypeAlias = "Callable[[Mapping[str, Any]], Studio]"
"""Gives the studio of the user that a live session names: ``{"user_id": …}``."""
