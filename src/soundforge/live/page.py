"""A live page: state in Python, HTML in the browser, kept the same over a socket.

Subclass `LivePage`. A page is made twice for each visit: once for the first HTML, and once when
the browser's socket has joined; after a lost connection or a crash it is made anew. So `mount`
always loads the truth; messages only say what changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol, TypeAlias

from soundforge.live.stream import Stream

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping

    from soundforge.live.bus import Message
    from soundforge.live.diff import Rendered
    from soundforge.live.template import Template

Value: TypeAlias = dict[str, Any]
FlashKind: TypeAlias = Literal["info", "error"]


@dataclass(frozen=True, slots=True)
class Navigation:
    """Where the page wants to go.

    Args:
        kind: ``patch`` the address of this page, or ``navigate`` to another live page over the
            same socket.
        to: A path of ours, ``/tracks/42?tab=stems``.
        replaces: Whether the browser's history entry is replaced instead of a new one added.
    """

    kind: Literal["patch", "navigate"]
    to: str
    replaces: bool = False


class Subscriber(Protocol):
    """What a connected page has and one that makes the first HTML has not."""

    def subscribe(self, topic: str) -> None:
        """Receive a topic's messages in `LivePage.handle_info`."""

    def start_async(self, name: str, work: Awaitable[Any]) -> None:
        """Await ``work`` beside the page, and tell `LivePage.handle_async` when it has ended."""


@dataclass(slots=True)
class PageState:
    """What the live layer keeps for a page; not for subclasses."""

    subscriber: Subscriber | None
    session: Mapping[str, Any]
    streams: dict[str, Stream] = field(default_factory=dict)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    flash: dict[str, str] = field(default_factory=dict)
    navigation: Navigation | None = None


class LivePage:
    """One page in one browser tab.

    Public attributes of the page are names in its template, and so are `streams`, `flash` and
    `page` itself. The constructor is free for what the page needs; it runs before everything
    else here works, so state begins in `mount`.
    """

    template: ClassVar[Template]
    """The page's HTML, usually ``Template.beside(__file__)``."""

    title: str = ""
    """What the browser shows as the page's title; may change at any time."""

    _live: PageState

    # --- what a subclass writes ---

    async def mount(self, params: Mapping[str, str], session: Mapping[str, Any]) -> None:
        """Load everything the page shows, from its home; subscribe to what may change it.

        Args:
            params: Path and query parameters; of a repeated one the last.
            session: What the site knows about the visitor: the user's id.

        Raises:
            errors.NotFound: There is no such page for this visitor; the answer is 404.
        """

    async def handle_params(self, params: Mapping[str, str], url: str) -> None:
        """Follow the address: runs after `mount`, and whenever it changes within this page."""

    async def handle_event(self, event: str, value: Value) -> Value | None:
        """Act on an event of the browser.

        Args:
            event: The name in ``phx-click="…"``, ``phx-change``, ``phx-submit``, or a hook's.
            value: The form's fields as strings (``name[]`` becomes a list ``name``), or the
                element's ``phx-value-*``, or what the hook sent. Never trust it.

        Returns:
            What a hook's ``pushEvent`` resolves to; None mostly.

        Raises:
            errors.SoundForgeError: Becomes an error flash; the page lives on.
        """
        return None

    async def handle_info(self, message: Message) -> None:
        """Act on a message of a subscribed topic; a burst of them is rendered once.

        On the event ``resync`` load the truth again.
        """

    async def handle_burst(self) -> None:
        """Act once on all messages that `handle_info` has seen since the last time.

        A page that reads per message reads 250 times when an album arrives: note in
        `handle_info` what changed, and read it here. What is announced meanwhile is the next
        burst, so a page never has more than one read under way.
        """

    async def handle_async(self, name: str, done: Future[Any]) -> None:
        """Act on the end of what `start_async` began; ``done.result()`` is what came of it."""

    def merge_key(self, message: Message) -> Hashable | None:
        """Return the key under which only the newest waiting message is kept.

        By default topic, event and the ``job_id`` or ``id`` it is about.
        """
        about = message.data.get("job_id", message.data.get("id"))
        return (message.topic, message.event, str(about))

    def render(self) -> Rendered:
        """Return the page as it is now; pure, and cheap: it runs after every change."""
        return self.template(**names_of(self))

    # --- what a subclass uses ---

    @property
    def session(self) -> Mapping[str, Any]:
        """What the site knows about the visitor."""
        return self._live.session

    @property
    def flash(self) -> Mapping[str, str]:
        """The messages to show, by kind: ``info``, ``error``."""
        return self._live.flash

    def subscribe(self, topic: str) -> None:
        """Receive a topic's messages in `handle_info`; does nothing while not connected.

        Subscribe before loading: what happens in between is then told, not missed.
        """
        if self._live.subscriber is not None:
            self._live.subscriber.subscribe(topic)

    def start_async(self, name: str, work: Awaitable[Any]) -> None:
        """Await what may take longer than an event may; `handle_async` is told when it has ended.

        The waiting ends with the page. Work that shall outlive it is a task of somebody else:
        await that through ``asyncio.shield``.

        Args:
            name: Tells `handle_async` what has ended.
            work: What is awaited.

        Raises:
            RuntimeError: The page is not connected: the first HTML waits for nothing.
        """
        if self._live.subscriber is None:
            raise RuntimeError(f"{type(self).__name__} starts {name} while it is not connected")
        self._live.subscriber.start_async(name, work)

    def stream(
        self,
        name: str,
        items: Iterable[Any] = (),
        *,
        dom_id: Callable[[Any], str] | None = None,
    ) -> Stream:
        """Begin a list whose rows live in the browser, or replace all its rows.

        Args:
            name: In the template ``{#for dom_id, item in streams.name}``.
            items: The rows, in order.
            dom_id: Gives an item its DOM id; by default ``<name>-<item.id>``.

        Returns:
            The stream; its `insert` and `delete` change single rows.
        """
        known = self._live.streams.get(name)
        if known is not None:
            known.reset(items)
            return known
        made = self._live.streams[name] = Stream(name, dom_id)
        for item in items:
            made.insert(item)
        return made

    def live_stream(self, name: str) -> Stream:
        """Return a list that `stream` began."""
        return self._live.streams[name]

    def push_event(self, name: str, payload: dict[str, Any]) -> None:
        """Tell the browser's hooks something: ``this.handleEvent(name, payload => …)``."""
        self._live.events.append((name, payload))

    def put_flash(self, kind: FlashKind, text: str) -> None:
        """Show a message until it is dismissed (``phx-click="lv:clear-flash"``) or replaced."""
        self._live.flash[kind] = text

    def clear_flash(self) -> None:
        """Take all messages away."""
        self._live.flash.clear()

    def push_patch(self, to: str, *, replaces: bool = False) -> None:
        """Change the address within this page; `handle_params` runs at once."""
        self._live.navigation = Navigation("patch", to, replaces)

    def push_navigate(self, to: str, *, replaces: bool = False) -> None:
        """Go to another live page over the same socket."""
        self._live.navigation = Navigation("navigate", to, replaces)

    # --- for the live layer ---

    def attach_state(self, state: PageState) -> None:
        """Give the page its state; for the live layer and for tests."""
        self._live = state

    @property
    def live_state(self) -> PageState:
        """The live layer's own state of the page."""
        return self._live


def names_of(page: LivePage) -> dict[str, Any]:
    """Return what the expressions of a page's template may name.

    Raises:
        TypeError: An attribute of the page hides something of `LivePage`.
    """
    own = {name: value for name, value in vars(page).items() if not name.startswith("_")}
    if hidden := _RESERVED & own.keys():
        raise TypeError(f"{type(page).__name__}.{hidden.pop()} hides LivePage's own; rename it")
    streams = SimpleNamespace(**page.live_state.streams)
    return {**own, "page": page, "title": page.title, "streams": streams, "flash": page.flash}


_RESERVED: Final = (
    {name for name in vars(LivePage) if not name.startswith("_")} | {"page", "streams"}
) - {"title", "template"}
