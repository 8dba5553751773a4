"""The studio of one user: what the pages ask for, from the library and the pipeline."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from soundforge import errors
from soundforge.audio import networks, presets
from soundforge.audio.presets import PRESETS
from soundforge.library import tracks
from soundforge.pipeline import actions, outlook, paste, plans
from soundforge.pipeline.plans import Separation
from soundforge.web import cursor as cursors
from soundforge.web.studio import (
    Counts,
    ErrorView,
    Filter,
    ImportOutcome,
    Limits,
    ModelView,
    NetworkView,
    PresetView,
    TrackPage,
    TrackView,
)
from soundforge.web.user_batches import UserBatches
from soundforge.web.views import track_view

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from soundforge.audio.chords import ChordEngine
    from soundforge.audio.separator import SampleRate
    from soundforge.pipeline.start import Plan
    from soundforge.web.services import Services

_REASONS = {
    "local_file": "is a local file of somebody's computer",
    "episode": "is a podcast episode",
    "missing": "is no longer there",
    "unavailable": "cannot be played in your market",
    "duplicate": "is in the list twice",
    "unreadable": "was not understood",
}


class UserStudio(UserBatches):
    """See `soundforge.web.studio.Studio`.

    Args:
        services: The doors.
        user_id: Whose studio.
    """

    def __init__(self, services: Services, user_id: uuid.UUID) -> None:
        self._tools = services.tools
        self._background = services.background
        self._is_spotify_configured = services.is_spotify_configured
        self._user_id = user_id

    async def tracks(
        self,
        *,
        limit: int = 24,
        cursor: str | None = None,
        search: str = "",
        state: Filter = "all",
    ) -> TrackPage:
        """Return tracks, newest first."""
        after = cursors.decode(cursor)
        search = search.replace("\x00", "")
        async with self._tools.database.transaction() as session:
            page = await tracks.page(
                session, self._user_id, limit=limit, after=after, search=search, state=state
            )
            looks = await outlook.look(session, page.tracks)
        items = tuple(track_view(track, looks) for track in page.tracks)
        return TrackPage(items, cursors.encode(page.next_after))

    async def track(self, track_id: str) -> TrackView:
        """Return one track."""
        async with self._tools.database.transaction() as session:
            track = await tracks.get(session, self._user_id, _id(track_id))
            looks = await outlook.look(session, [track])
        stems_of = {model.name: model.stems for model in self._tools.models.list()}
        return track_view(track, looks, stems_of)

    async def some(
        self, track_ids: Collection[str], *, search: str = "", state: Filter = "all"
    ) -> tuple[TrackView, ...]:
        """Return those of ``track_ids`` that `tracks` would return."""
        ids = [_id(track_id) for track_id in track_ids]
        search = search.replace("\x00", "")
        async with self._tools.database.transaction() as session:
            found = await tracks.get_many(session, self._user_id, ids, search=search, state=state)
            looks = await outlook.look(session, found)
        return tuple(track_view(track, looks) for track in found)

    async def counts(self) -> Counts:
        """Return how many tracks there are."""
        async with self._tools.database.transaction() as session:
            found = await tracks.counts(session, self._user_id)
            duration_s = await tracks.total_duration_s(session, self._user_id)
        return Counts(**found, duration_s=duration_s)

    async def import_links(self, text: str) -> ImportOutcome:
        """Add everything the pasted ``text`` points to."""
        return await self._background.run(self._import_links(text))

    async def _import_links(self, text: str) -> ImportOutcome:
        try:
            imported, refused = await paste.links(self._tools, self._user_id, text)
        except errors.SoundForgeError as error:
            return ImportOutcome(errors=(_error_view(error),))
        added = dict.fromkeys(str(track.id) for one in imported for track in one.added)
        existing = dict.fromkeys(str(track.id) for one in imported for track in one.existing)
        skipped = tuple(
            f"{entry.title or 'An entry'} {_REASONS[entry.reason]}."
            for one in imported
            for entry in one.skipped
        )
        return ImportOutcome(
            tuple(added),
            tuple(track_id for track_id in existing if track_id not in added),
            skipped,
            tuple(_error_view(one.error) for one in refused),
        )

    async def cancel(self, job_id: str) -> None:
        """End a job that waits or runs."""
        await actions.cancel(self._tools, self._user_id, _id(job_id))

    async def retry(self, job_id: str) -> None:
        """Begin a new attempt of a job that failed or was cancelled."""
        await actions.retry(self._tools, self._user_id, _id(job_id))

    async def separate(
        self,
        track_id: str,
        *,
        model: str | None = None,
        stems: Sequence[str] = (),
        sample_rate: SampleRate = "model",
    ) -> None:
        """Separate the track anew."""
        wanted = Separation(model, tuple(stems), sample_rate)
        await self._run(track_id, plans.separate(self._tools.models, wanted))

    async def analyze(self, track_id: str, *, chord_engine: ChordEngine) -> None:
        """Analyse the track anew."""
        await self._run(track_id, plans.analyze(chord_engine=chord_engine))

    async def write_notes(
        self, track_id: str, *, quantise: str | None = None, stems: Sequence[str] = ()
    ) -> None:
        """Write down the notes of the track's stems."""
        await self._run(track_id, plans.transcribe(quantise, stems))

    async def warp(self, track_id: str, *, rate: float, semitones: float, is_steady: bool) -> None:
        """Make a version of the track's stems."""
        await self._run(track_id, plans.warp(rate=rate, semitones=semitones, is_steady=is_steady))

    async def _run(self, track_id: str, plan: Plan) -> None:
        await actions.run_stage(self._tools, self._user_id, _id(track_id), plan)

    async def delete_track(self, track_id: str) -> None:
        """Move a track to the bin and cancel its work."""
        await actions.delete(self._tools, self._user_id, _id(track_id))

    async def undo_delete(self, track_id: str) -> None:
        """Bring a deleted track back."""
        await actions.restore(self._tools, self._user_id, _id(track_id))

    async def models(self) -> tuple[ModelView, ...]:
        """Return the models that separate, the best installed one first."""
        views = [
            ModelView(
                model.name,
                model.label,
                model.description,
                model.stems,
                is_installed=model.installed,
                is_available=model.available,
                reason=model.reason,
                size_bytes=model.size_bytes or 0,
                licence=model.licence,
                licence_url=model.licence_url,
                needs_consent=model.needs_consent,
                sample_rate_hz=model.sample_rate_hz,
                is_fetching=self._tools.models.is_fetching(model.name),
            )
            for model in self._tools.models.list()
        ]
        return tuple(sorted(views, key=lambda view: not view.is_installed))

    def networks(self) -> tuple[NetworkView, ...]:
        """Return the networks that analyses listen with, by name."""
        known = [networks.info(self._tools.models.models_dir, name) for name in networks.names()]
        return tuple(
            NetworkView(one.label, one.features, one.licence, one.licence_url) for one in known
        )

    def presets(self) -> tuple[PresetView, ...]:
        """Return the presets, the quickest first."""
        choices = [(preset, presets.choose(self._tools.models, preset.name)) for preset in PRESETS]
        return tuple(
            PresetView(preset.name, preset.label, choice.model, choice.note)
            for preset, choice in choices
        )

    def limits(self) -> Limits:
        """Return what this server takes."""
        return Limits(
            upload_bytes=self._tools.upload_bytes,
            upload_duration_s=self._tools.limits.max_duration_s,
            is_spotify_configured=self._is_spotify_configured,
        )


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise errors.NotFound("not_found", "There is no such thing.") from None


def _error_view(error: errors.SoundForgeError) -> ErrorView:
    return ErrorView(error.code, error.message, error.next_step)
