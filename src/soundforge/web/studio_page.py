"""What every page of the studio does alike: whose studio it is, and how its doings are told."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from soundforge import errors
from soundforge.live.page import LivePage
from soundforge.web import components
from soundforge.web.studio import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from soundforge.live.diff import Rendered
    from soundforge.live.page import Value
    from soundforge.web.studio import ErrorView, Studio, StudioOf

NoticeKind: TypeAlias = Literal["ok", "warn", "bad", ""]
Handler: TypeAlias = Callable[["Value"], Awaitable[None]]

_ICONS: dict[NoticeKind, str] = {"ok": "check", "warn": "warn", "bad": "warn", "": "info"}
_MOST_NOTICES = 4
_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Notice:
    """A line that says what happened.

    Args:
        kind: How it is drawn.
        text: What happened.
        next_step: What to do now; may be empty.
        code: The stable code of an error.
        href: Where it leads; empty when nowhere.
    """

    kind: NoticeKind
    text: str
    next_step: str = ""
    code: str = ""
    href: str = ""
    id: str = field(default_factory=lambda: f"notice-{next(_serial)}")

    @property
    def icon(self) -> str:
        """Name of the icon."""
        return _ICONS[self.kind]

    @classmethod
    def of_error(cls, error: errors.SoundForgeError | ErrorView) -> Notice:
        """Return the notice of a failure."""
        return cls("bad", error.message, error.next_step, error.code)


@dataclass(frozen=True, slots=True)
class StudioRoute:
    """A page and its address; each module in ``web/pages`` holds one, called ``PAGE``."""

    path: str
    make: Callable[[StudioOf], StudioPage]


class StudioPage(LivePage):
    """A page of one user's studio.

    Args:
        studio_of: Gives the studio of the visitor.
    """

    is_slim: ClassVar[bool] = False
    """Whether the rail is narrow, for pages that need the width."""

    current: str = "library"
    """The entry of the rail that this page belongs to."""

    handlers: ClassVar[Mapping[str, str]] = {}
    """Events a subclass takes, and the names of its methods."""

    _shared: ClassVar[Mapping[str, str]] = {
        "cancel": "_cancel",
        "retry": "_retry",
        "dismiss": "_dismiss",
    }

    def __init__(self, studio_of: StudioOf) -> None:
        self._studio_of = studio_of

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Open the visitor's studio."""
        del params
        self._studio: Studio = self._studio_of(session)
        self.notices: tuple[Notice, ...] = ()
        self.counts = Counts()

    def render(self) -> Rendered:
        """Render the page inside the frame."""
        content = super().render()
        return components.shell(
            content=content,
            counts=self.counts,
            current=self.current,
            flash=self.flash,
            slim=self.is_slim,
        )

    async def handle_event(self, event: str, value: Value) -> Value | None:
        """Act; a failure becomes a notice with its code, and the page lives on."""
        name = {**self._shared, **self.handlers}.get(event)
        if name is None:
            raise errors.Invalid("unknown_event", f"This page knows no event {event[:40]}.")
        handler: Handler = getattr(self, name)
        try:
            await handler(value)
        except errors.SoundForgeError as error:
            self.tell(Notice.of_error(error))
        return None

    def tell(self, *notices: Notice) -> None:
        """Show notices above the older ones."""
        self.notices = (*notices, *self.notices)[:_MOST_NOTICES]

    async def _cancel(self, value: Value) -> None:
        await self._studio.cancel(_id(value))

    async def _retry(self, value: Value) -> None:
        await self._studio.retry(_id(value))

    async def _dismiss(self, value: Value) -> None:
        self.notices = tuple(notice for notice in self.notices if notice.id != value.get("id"))


def _id(value: Value) -> str:
    return str(value.get("id", ""))
