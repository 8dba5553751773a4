"""The library at ``/``: add music, watch it come apart, find it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, get_args
from urllib.parse import urlencode

from soundforge import errors, events
from soundforge.web import components, drawing
from soundforge.web.studio import ErrorView, Filter, ImportOutcome, TrackView
from soundforge.web.studio_page import Notice, StudioPage, StudioRoute
from soundforge.web.words import tracks as tracks_of

if TYPE_CHECKING:
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
    }

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Open the studio and listen to what changes in it."""
        await super().mount(params, session)
        self.subscribe(events.TRACKS)
        self.filters = _FILTERS
        self.limits = self._studio.limits()
        self.hero = components.Safe(drawing.hero())
        self.link = ""
        self.fault: ErrorView | None = None

    async def handle_params(self, params: Mapping[str, str], url: str) -> None:
        """Show what the address asks for: ``?show=ready&q=…``; ``deleted`` offers the way back."""
        del url
        show = params.get("show", "all")
        self.show: Filter = show if show in get_args(Filter) else "all"  # type: ignore[assignment]
        self.search = params.get("q", "")[:_LONGEST_SEARCH]
        self.current = "queue" if self.show == "working" else "library"
        self.deleted = params.get("deleted", "")[:64]
        await self._load()

    async def handle_info(self, message: Message) -> None:
        """Bring one card up to date, or all of them after a gap."""
        if message.event == events.RESYNC:
            await self._load()
        elif message.event == events.TRACK_CHANGED:
            await self._refresh(str(message.data.get("id", "")))

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
        self.counts = await self._studio.counts()
        page = await self._studio.tracks(limit=_PAGE_SIZE, search=self.search, state=self.show)
        self.cursor = page.next_cursor
        self._states = {track.id: track.state for track in page.items}
        self._newest = max((track.inserted_at for track in page.items), default=None)
        self.stream("tracks", page.items)

    async def _refresh(self, track_id: str) -> None:
        try:
            track = await self._studio.track(track_id)
        except errors.NotFound:
            await self._drop(track_id)
            return
        known = self._states.get(track.id)
        if known is None and not self._is_new(track):
            return
        if known != track.state:
            self.counts = await self._studio.counts()
        if not self._is_shown(track):
            await self._drop(track.id)
            return
        self._states[track.id] = track.state
        self._newest = max(filter(None, (self._newest, track.inserted_at)))
        self.live_stream("tracks").insert(track, at=0)

    async def _drop(self, track_id: str) -> None:
        if self._states.pop(track_id, None) is not None:
            self.live_stream("tracks").delete_by_id(f"tracks-{track_id}")
        self.counts = await self._studio.counts()

    def _is_new(self, track: TrackView) -> bool:
        """Whether it belongs on top, and not below what is loaded."""
        newest: datetime | None = self._newest
        return newest is None or track.inserted_at >= newest

    def _is_shown(self, track: TrackView) -> bool:
        shows = {
            "all": True,
            "ready": track.state == "ready",
            "working": track.state in ("queued", "working"),
            "attention": track.state in ("failed", "cancelled"),
        }[self.show]
        text = " ".join(filter(None, (track.title, track.artist, track.album))).casefold()
        return shows and self.search.strip().casefold() in text

    async def _typed(self, value: Value) -> None:
        self.link = str(value.get("link", ""))[:_LONGEST_LINK]
        self.fault = None

    async def _import(self, value: Value) -> None:
        self.link = str(value.get("link", ""))[:_LONGEST_LINK]
        self.fault = None
        if not self.link.strip():
            self.fault = ErrorView(
                "link_missing", "Nothing was pasted.", "Paste a Spotify link, or choose a file."
            )
            return
        outcome = await self._studio.import_links(self.link)
        if outcome.errors and not (outcome.added or outcome.existing):
            self.fault = outcome.errors[0]
            return
        self.link = ""
        self.push_event("imported", {})
        self.tell(*_told(outcome))
        await self._load()

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
                "Open it to run a stage anew." if one else "They were not started again.",
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
