"""The library at ``/``: add music, watch it come apart, find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode

from soundforge import events
from soundforge.web import components, drawing
from soundforge.web.studio import ErrorView, Filter, ImportOutcome, TrackView
from soundforge.web.studio_page import Notice, StudioPage, StudioRoute
from soundforge.web.words import tracks as tracks_of

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Hashable, Mapping
    from datetime import datetime

    from soundforge.live.bus import Message
    from soundforge.live.page import Value

_PAGE_SIZE: Final = 24
_LONGEST_LINK: Final = 4000
_LONGEST_SEARCH: Final = 200
_FILTERS: Final[tuple[tuple[Filter, str], ...]] = (
    ("all", "All"),
    ("ready", "Ready"),
    ("working", "In progress"),
    ("attention", "Needs you"),
)


class LibraryPage(StudioPage):
    """A stream of track cards, the way in for links and files, filters and search."""

    template = components.template(__file__)
    title = "Library · Sound Forge Alchemy"
    handlers: ClassVar = {
        "typed": "_typed",
        "import": "_import",
        "search": "_search",
        "more": "_more",
        "undo": "_undo",
        "separate": "_separate",
        "cancel_batch": "_cancel_batch",
        "retry_batch": "_retry_batch",
        "close_batch": "_close_batch",
    }

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Open the studio and listen to what changes in it."""
        await super().mount(params, session)
        self.subscribe(events.TRACKS)
        self.subscribe(events.BATCHES)
        self.subscribe(events.QUEUE)
        self._changed: set[str] = set()
        self._has_batch_news = False
        self._batches_seen_at_work: set[str] = set()
        self.models = await self._studio.models()
        self.presets = self._studio.presets()
        self.filters = _FILTERS
        self.limits = self._studio.limits()
        self.hero = components.Safe(drawing.hero())
        self.link = ""
        self.is_importing = False
        self.fault: ErrorView | None = None

    async def handle_params(self, params: Mapping[str, str], url: str) -> None:
        """Show what the address asks for: ``?show=ready&q=…``; ``deleted`` offers the way back."""
        del url
        show = params.get("show")
        self.show: Filter = next((name for name, _ in _FILTERS if name == show), "all")
        self.search = params.get("q", "")[:_LONGEST_SEARCH]
        self.current = "queue" if self.show == "working" else "library"
        self.deleted = params.get("deleted", "")[:64]
        await self._load()

    async def handle_info(self, message: Message) -> None:
        """Note which card must be brought up to date; load everything after a gap."""
        if message.event == events.RESYNC:
            await self._load()
        elif message.event == events.TRACK_CHANGED:
            self._changed.add(str(message.data.get("id", "")))
        elif message.event == events.BATCH_CHANGED:
            self._has_batch_news = True
        elif message.event == events.QUEUE_MOVED:
            waits = ("queued", "working")  # a track between two of its stages waits, too
            self._changed |= {one for one, state in self._states.items() if state in waits}

    async def handle_burst(self) -> None:
        """Bring the cards that changed up to date, in one read, and the batches."""
        if self._has_batch_news:
            await self._load_batches()
        changed, self._changed = self._changed, set()
        if changed:
            await self._refresh(changed)

    def merge_key(self, message: Message) -> Hashable | None:
        """Keep only the newest news of a track: the card is read again anyway."""
        return (message.event, message.data.get("id"))

    @property
    def address(self) -> str:
        """The address of what is shown."""
        return self.address_of(self.show)

    def count(self, show: Filter) -> int:
        """Return how many tracks a filter shows."""
        counted: int = getattr(self.counts, show)
        return counted

    def address_of(self, show: Filter) -> str:
        """Return the address of a filter, with the search that is on."""
        asked = {"show": "" if show == "all" else show, "q": self.search}
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"/?{query}" if query else "/"

    async def _load(self) -> None:
        self._changed.clear()
        await self._load_batches()
        self.counts = await self._studio.counts()
        page = await self._studio.tracks(limit=_PAGE_SIZE, search=self.search, state=self.show)
        self.cursor = page.next_cursor
        self._states = {track.id: track.state for track in page.items}
        self._newest = max((track.inserted_at for track in page.items), default=None)
        self.stream("tracks", page.items)

    async def _refresh(self, track_ids: set[str]) -> None:
        found = await self._studio.some(track_ids, search=self.search, state=self.show)
        before = dict(self._states)
        for track_id in track_ids - {track.id for track in found}:
            self._drop(track_id)
        for track in sorted(found, key=lambda track: track.inserted_at):
            if track.id in self._states or self._is_new(track):
                self._show(track)
        # News of a track that is not shown may be of one that is gone, or was: it counts too.
        is_counted = self._states != before or len(found) < len(track_ids)
        if is_counted or any(track.id not in self._states for track in found):
            self.counts = await self._studio.counts()

    def _show(self, track: TrackView) -> None:
        self._states[track.id] = track.state
        self._newest = max(filter(None, (self._newest, track.inserted_at)))
        self.live_stream("tracks").insert(track, at=0)

    def _drop(self, track_id: str) -> None:
        if self._states.pop(track_id, None) is not None:
            self.live_stream("tracks").delete_by_id(f"tracks-{track_id}")

    async def _load_batches(self) -> None:
        self._has_batch_news = False
        # One that ended well before anybody looked is no news.
        self.batches = await self._studio.batches(self._batches_seen_at_work)
        self._batches_seen_at_work |= {batch.id for batch in self.batches if not batch.is_ended}

    def _is_new(self, track: TrackView) -> bool:
        """Whether it belongs on top, and not below what is loaded."""
        newest: datetime | None = self._newest
        return newest is None or track.inserted_at >= newest

    async def _typed(self, value: Value) -> None:
        self.link = str(value.get("link", ""))[:_LONGEST_LINK]
        self.fault = None

    async def _import(self, value: Value) -> None:
        if self.is_importing:  # sent twice
            return
        self.link = str(value.get("link", ""))[:_LONGEST_LINK]
        self.fault = None
        if not self.link.strip():
            self.fault = ErrorView(
                "link_missing", "Nothing was pasted.", "Paste a Spotify link, or choose a file."
            )
            return
        self.is_importing = True
        self.start_async("import", self._studio.import_links(self.link))

    async def handle_async(self, name: str, done: Future[ImportOutcome]) -> None:
        """Tell what became of what was pasted."""
        del name
        self.is_importing = False
        outcome = done.result()
        if outcome.errors and not (outcome.added or outcome.existing):
            self.fault = outcome.errors[0]
            return
        self.link = ""
        self.push_event("imported", {})
        self.tell(*_told(outcome))
        await self._load()
        if len(outcome.existing) > 1:
            self.push_event("select", {"ids": list(outcome.existing)})

    async def _search(self, value: Value) -> None:
        self.search = str(value.get("q", ""))[:_LONGEST_SEARCH]
        self.push_patch(self.address, replaces=True)

    async def _more(self, value: Value) -> None:
        del value
        if self.cursor is None:
            return
        page = await self._studio.tracks(
            limit=_PAGE_SIZE, cursor=self.cursor, search=self.search, state=self.show
        )
        self.cursor = page.next_cursor
        for track in page.items:
            self._states[track.id] = track.state
            self.live_stream("tracks").insert(track)

    async def _separate(self, value: Value) -> None:
        ids = value.get("ids")
        chosen = [str(track_id) for track_id in ids] if isinstance(ids, list) else []
        await self._studio.separate_all(chosen, model=str(value.get("model") or "")[:64] or None)
        await self._load_batches()

    async def _cancel_batch(self, value: Value) -> None:
        await self._studio.cancel_batch(str(value.get("id", "")))
        await self._load_batches()

    async def _retry_batch(self, value: Value) -> None:
        await self._studio.retry_batch(str(value.get("id", "")))
        await self._load_batches()

    async def _close_batch(self, value: Value) -> None:
        await self._studio.close_batch(str(value.get("id", "")))
        await self._load_batches()

    async def _undo(self, value: Value) -> None:
        await self._studio.undo_delete(str(value.get("id", "")))
        self.push_patch(self.address, replaces=True)


def _told(outcome: ImportOutcome) -> list[Notice]:
    notices = []
    if outcome.added:
        notices.append(Notice("ok", f"{tracks_of(len(outcome.added))} added."))
    if outcome.existing:
        one = len(outcome.existing) == 1
        notices.append(
            Notice(
                "",
                "This track is in your library already." if one
                else f"{tracks_of(len(outcome.existing))} were in your library already.",
                "Open it to run a stage anew." if one else "They were not started again; those shown are selected, should you want to.",
                href=f"/tracks/{outcome.existing[0]}" if one else "",
            )
        )  # fmt: skip
    if outcome.skipped:
        notices.append(
            Notice("warn", f"{len(outcome.skipped)} skipped.", " ".join(outcome.skipped[:3]))
        )
    notices.extend(Notice.of_error(error) for error in outcome.errors)
    return notices


PAGE = StudioRoute("/", LibraryPage)
