"""One track at ``/tracks/{track_id}``: its progress, its desk, its numbers, its files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from soundforge import errors, events
from soundforge.web import components, drawing, exports, song_sheet, sound_words, words
from soundforge.web.exports import Names
from soundforge.web.stem_choice import StemChoice
from soundforge.web.studio_page import Notice, StudioPage, StudioRoute
from soundforge.web.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from soundforge.audio.chords import ChordEngine
    from soundforge.live.bus import Message
    from soundforge.live.page import Value
    from soundforge.web.song_view import LandmarksView
    from soundforge.web.studio import (
        ModelView,
        PresetView,
        StageView,
        StemView,
        TrackView,
        VersionView,
    )


class TrackPage(StudioPage):
    """Everything there is to see, hear and do with one track."""

    template = components.template(__file__)
    is_slim = True
    handlers: ClassVar = {
        "delete": "_delete",
        "separate": "_separate",
        "choose": "_choose",
        "pulled": "_pulled",
        "analyse": "_analyse",
        "analysing": "_choose_chords",
        "notes": "_notes",
        "noting": "_choose_notes",
        "names": "_choose_names",
        "version": "_choose_version",
        "warp": "_warp",
        "warp_reset": "_reset_warp",
        "warping": "_change_warp",
    }

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Open the track.

        Raises:
            errors.NotFound: There is no such track of this user.
        """
        await super().mount(params, session)
        self._track_id = params["track_id"]
        self.subscribe(events.track_topic(self._track_id))
        self.subscribe(events.QUEUE)
        self.model = ""
        self.choice = StemChoice()
        self.note_stems = StemChoice()
        self.note_grid = ""
        self.version_id = ""
        self.wanted = Wanted()
        self.names = Names()
        self._is_asked = False
        await self._load()
        sound = self.track.sound
        self.chord_engine: ChordEngine = (sound.chord_engine if sound else None) or "fast"
        await self._load_models()

    async def handle_info(self, message: Message) -> None:
        """Read the track again, whatever the news of it was; the queue's while it waits there."""
        if message.event == events.QUEUE_MOVED and not self._waits:
            return
        try:
            await self._load()
        except errors.NotFound:
            self.push_navigate("/")

    def merge_key(self, message: Message) -> Hashable | None:
        """Any news of the track leads to the same reading."""
        return "queue" if message.event == events.QUEUE_MOVED else "news"

    @property
    def _waits(self) -> bool:
        """Whether any work on the track has a place in line."""
        track = self.track
        of_notes = track.notes.stage if track.notes else None
        stages = (*track.stages, of_notes, track.warp)
        return any(stage is not None and stage.status == "queued" for stage in stages)

    @property
    def stage(self) -> StageView | None:
        """The stage to speak of, or None."""
        return words.current(self.track)

    @property
    def desk(self) -> tuple[StemView, ...]:
        """The stems to play: a version's, the finished ones, or those that are being made."""
        return self.stems or self.track.coming

    @property
    def stems(self) -> tuple[StemView, ...]:
        """The finished stems that are on the desk."""
        return self.version.stems if self.version else self.track.stems

    @property
    def zip_url(self) -> str:
        """All stems that are on the desk, in one file."""
        made = self.version or self.track.separation
        return made.zip_url if made else ""

    @property
    def version(self) -> VersionView | None:
        """The version that is on the desk; None for the song as recorded."""
        versions = (one for one in self.track.versions if one.job_id == self.version_id)
        return next(versions, None)

    @property
    def files(self) -> tuple[exports.Row, ...]:
        """What can be taken along, as it sounds on the desk."""
        return exports.rows(self.track, self.version, self.names)

    @property
    def timeline_url(self) -> str:
        """Where the desk gets its chords, beats and parts from."""
        return self.version.timeline_url if self.version else self.track.urls.timeline

    @property
    def landmarks(self) -> LandmarksView:
        """Cue points and loops, as they lie in what is on the desk."""
        return self.version.landmarks if self.version else self.track.landmarks

    @property
    def ready_s(self) -> float | None:
        """How much of the desk can be played; None for all of it."""
        if self.track.stems:
            return None
        return max(
            (part.ready_s for part in self.track.stages if part.name == "separate"), default=0
        )

    @property
    def chosen(self) -> ModelView | None:
        """The model that would separate now."""
        name = self.preset.model if self.preset else self.model
        return next((model for model in self.models if model.name == name), None)

    @property
    def preset(self) -> PresetView | None:
        """The preset that is chosen; None when a model is."""
        return next((preset for preset in self.presets if preset.name == self.model), None)

    @property
    def wheel(self) -> components.Safe | None:
        """The wheel of keys, or None without a key."""
        track = self.track
        if not (track.camelot and track.key_name):
            return None
        return components.Safe(drawing.camelot_wheel(track.camelot, track.key_name))

    @property
    def chroma(self) -> components.Safe | None:
        """The pitch classes as bars, or None."""
        sound = self.track.sound
        return (
            components.Safe(drawing.chroma_bars(sound.chroma)) if sound and sound.chroma else None
        )

    @property
    def tempo_told(self) -> str:
        """The tempo with how sure it is; empty without one."""
        bpm, sound = self.track.tempo_bpm, self.track.sound
        return sound_words.tempo(bpm, sound) if bpm and sound else ""

    @property
    def metre(self) -> str:
        """The metre with how sure it is; empty where it is not known."""
        return (sound_words.metre(self.track.sound) if self.track.sound else None) or ""

    @property
    def sound_facts(self) -> list[tuple[str, str]]:
        """The measured numbers, label and value."""
        return sound_words.facts(self.track) + song_sheet.loudness(self.track.sound)

    @property
    def sheet(self) -> list[tuple[str, str]]:
        """The parts of the song and the chords of each."""
        return song_sheet.lines(self.track.sound)

    async def _load(self) -> None:
        known = {one.job_id for one in self.track.versions} if hasattr(self, "track") else set()
        self.track: TrackView = await self._studio.track(self._track_id)
        made = [one.job_id for one in self.track.versions if one.job_id not in known]
        if made and self._is_asked:
            self.version_id, self._is_asked = made[0], False
        self.wanted = replace(self.wanted, song_bpm=self.track.tempo_bpm)
        self.counts = await self._studio.counts()
        self.title = f"{self.track.title} · Sound Forge Alchemy"

    async def _load_models(self) -> None:
        self.models = [model for model in await self._studio.models() if model.is_available]
        installed = [model.name for model in self.models if model.is_installed]
        self.presets = self._studio.presets()
        if self.model not in installed and self.preset is None:
            self.model = installed[0] if installed else ""

    async def _choose(self, value: Value) -> None:
        self.model = str(value.get("model", ""))[:64]
        self.choice = self.choice.changed(value)

    async def _separate(self, value: Value) -> None:
        choice = self.choice.changed(value)
        if choice.is_nothing:
            raise errors.Invalid("no_stem_chosen", "No stem is chosen.", "Check at least one.")
        await self._studio.separate(
            self._track_id,
            model=str(value.get("model", ""))[:64] or None,
            stems=choice.stems or (),
            sample_rate=choice.sample_rate,
        )
        await self._load()

    async def _choose_chords(self, value: Value) -> None:
        asked = value.get("chords")
        self.chord_engine = "best" if asked == "best" else "fast"

    async def _analyse(self, value: Value) -> None:
        await self._choose_chords(value)
        await self._studio.analyze(self._track_id, chord_engine=self.chord_engine)
        await self._load()

    async def _choose_notes(self, value: Value) -> None:
        self.note_stems = self.note_stems.changed(value)
        self.note_grid = str(value.get("quantise", ""))[:16]

    async def _notes(self, value: Value) -> None:
        await self._choose_notes(value)
        if self.note_stems.is_nothing:
            raise errors.Invalid("no_stem_chosen", "No stem is chosen.", "Check at least one.")
        chosen = self.note_stems.stems or ()
        is_all = len(chosen) == len(self.track.stems)
        await self._studio.write_notes(
            self._track_id, quantise=self.note_grid or None, stems=() if is_all else chosen
        )
        await self._load()

    async def _choose_names(self, value: Value) -> None:
        self.names = self.names.changed(value)

    async def _choose_version(self, value: Value) -> None:
        self.version_id = str(value.get("id", ""))[:64]

    async def _change_warp(self, value: Value) -> None:
        self.wanted = self.wanted.changed(value)

    async def _reset_warp(self, value: Value) -> None:
        del value
        self.wanted = Wanted(self.track.tempo_bpm)

    async def _warp(self, value: Value) -> None:
        self.wanted = self.wanted.changed(value)
        await self._studio.warp(
            self._track_id,
            rate=self.wanted.rate,
            semitones=self.wanted.semitones,
            is_steady=self.wanted.is_steady,
        )
        self._is_asked = True
        await self._load()

    async def _pulled(self, value: Value) -> None:
        del value
        await self._load_models()
        self.tell(Notice("ok", "The model is here.", "Choose it and separate again."))

    async def _delete(self, value: Value) -> None:
        del value
        await self._studio.delete_track(self._track_id)
        self.push_navigate(f"/?deleted={self._track_id}")


PAGE = StudioRoute("/tracks/{track_id}", TrackPage)
