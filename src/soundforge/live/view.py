"""LiveView's channel, ``lv:*``: joins a page to its browser and sends what changed."""

from __future__ import annotations

import asyncio
import hmac
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from soundforge import errors
from soundforge.live import diff
from soundforge.live.bus import Notice
from soundforge.live.channel import UNKNOWN_EVENT, Channel, JoinLater, JoinRefused, Reply
from soundforge.live.event_value import value_of
from soundforge.live.mailbox import Info
from soundforge.live.page import LivePage, Navigation, PageState
from soundforge.live.session import FLASH_MAX_AGE_S, VIEW_MAX_AGE_S, BrowserSession, Signer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Hashable, Mapping

    from soundforge.live.bus import Message
    from soundforge.live.channel import Reason
    from soundforge.live.diff import Node, Wire
    from soundforge.live.protocol import Payload

CLIENT_VERSION: Final = "1.2.12"
"""The npm package `phoenix_live_view` we speak to; the client warns when it is another."""

_MAX_PATCHES: Final = 10


class Match(Protocol):
    """A page's address, found."""

    @property
    def name(self) -> str:
        """The page's name, as signed into its session."""

    @property
    def live_session(self) -> str:
        """Pages of one live session may follow each other over one socket."""

    @property
    def params(self) -> Mapping[str, str]:
        """Path and query parameters."""

    def make(self) -> LivePage:
        """Make the page."""


class Pages(Protocol):
    """Finds pages by address."""

    def match(self, path: str, query: str) -> Match | None:
        """Return the page at a path, or None."""


class LiveChannel(Channel):
    """One page's conversation with its browser.

    ``assigns`` must hold ``browser``, a `BrowserSession` or None.

    Args:
        pages: The site's pages.
        signer: Checks what the browser hands back.
    """

    def __init__(self, pages: Pages, signer: Signer) -> None:
        self._pages = pages
        self._signer = signer
        self._waits: set[asyncio.Future[Any]] = set()

    async def join(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Make the page anew and return all of it.

        Raises:
            JoinRefused: ``stale`` or ``unauthorized``: the client loads the page over HTTP.
            JoinLater: What the page needs is away: the client keeps the page and tries again.
        """
        token = self._check(payload)
        url = payload.get("url") or payload.get("redirect")
        match = self._match(url)
        if match is None or match.live_session != token["live_session"]:
            raise JoinRefused("unauthorized")
        if payload.get("url") and match.name != token["page"]:
            raise JoinRefused("stale")
        self._name = match.name
        flash = self._signer.verify("flash", payload.get("flash"), max_age_s=FLASH_MAX_AGE_S)
        self._page = match.make()
        self._page.attach_state(PageState(self, token["session"], flash=flash or {}))
        try:
            await self._page.mount(match.params, token["session"])
            await self._page.handle_params(match.params, str(url))
        except errors.SoundForgeError as error:
            if error.is_retryable:
                # A reload would show an error page and lose what was typed.
                raise JoinLater(error.code) from error
            # Over HTTP the visitor gets the whole error page.
            raise JoinRefused("unauthorized", code=error.code) from error
        response = await self._follow_navigation()
        for kind in ("redirect", "live_redirect"):
            if kind in response:
                raise JoinRefused("moved", **{kind: response[kind]})
        return {"rendered": self._first_render(), "liveview_version": CLIENT_VERSION, **response}

    async def handle_in(self, event: str, payload: Payload) -> Reply | None:
        """Answer the client's events with a diff."""
        if not isinstance(payload, dict):
            return UNKNOWN_EVENT
        match event:
            case "event":
                return await self._handle_event(payload)
            case "live_patch":
                return await self._handle_patch(payload)
            case "cids_will_destroy" | "cids_destroyed":
                return Reply("ok", {"cids": []})
        return UNKNOWN_EVENT

    async def handle_info(self, message: Message) -> None:
        """Let the page act; `settle` renders."""
        try:
            if message.topic == self.topic:  # no bus has it: the channel tells itself something
                await self._page.handle_async(message.event, message.data["done"])
            else:
                await self._page.handle_info(message)
        except errors.SoundForgeError as error:
            self._flash_error(error)

    async def settle(self) -> None:
        """Send one diff for a burst of messages."""
        try:
            await self._page.handle_burst()
        except errors.SoundForgeError as error:
            self._flash_error(error)
        response = await self._follow_navigation()
        if change := self._diff():
            self.push("diff", change)
        for kind, where in response.items():
            self.push(kind, where)

    def merge_key(self, message: Message) -> Hashable | None:
        """Let the page decide."""
        return self._page.merge_key(message)

    def start_async(self, name: str, work: Awaitable[Any]) -> None:
        """Await ``work`` beside the conversation; the page is told when it has ended."""
        wait = asyncio.ensure_future(work)
        self._waits.add(wait)
        wait.add_done_callback(partial(self._ended, name))

    def _ended(self, name: str, wait: asyncio.Future[Any]) -> None:
        self._waits.discard(wait)
        if not wait.cancelled():
            self.deliver(Info(Notice(self.topic, name, {"done": wait})))

    async def terminate(self, reason: Reason) -> None:
        """Wait for nothing any longer."""
        del reason
        for wait in self._waits:
            wait.cancel()

    def _check(self, payload: dict[str, Any]) -> dict[str, Any]:
        browser: BrowserSession | None = self.assigns.get("browser")
        params = payload.get("params")
        if browser is None:
            # Not "stale": without cookies a reload changes nothing, and would never end.
            raise JoinRefused("no session cookie")
        if not isinstance(params, dict) or not browser.owns_csrf_token(params.get("_csrf_token")):
            raise JoinRefused("stale")
        token = self._signer.verify("view", payload.get("session"), max_age_s=VIEW_MAX_AGE_S)
        if token is None:
            raise JoinRefused("stale")
        if not hmac.compare_digest(token["browser"], browser.session_id):
            raise JoinRefused("unauthorized")
        if self.topic != f"lv:{token['id']}":
            raise JoinRefused("unauthorized")
        return dict(token)

    def _match(self, url: object) -> Match | None:
        if not isinstance(url, str):
            return None
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        return self._pages.match(parts.path, parts.query)

    async def _handle_event(self, payload: dict[str, Any]) -> Reply:
        event, value = payload.get("event"), value_of(payload)
        if not isinstance(event, str) or value is None:
            return Reply("error", {"reason": "malformed event"})
        answer: dict[str, Any] | None = None
        if event == "lv:clear-flash":
            self._clear_flash(value)
        else:
            try:
                answer = await self._page.handle_event(event, value)
            except errors.SoundForgeError as error:
                self._flash_error(error)
        response = await self._follow_navigation()
        change = self._diff()
        if answer is not None:
            change["r"] = answer
        return Reply("ok", {"diff": change, **response})

    async def _handle_patch(self, payload: dict[str, Any]) -> Reply:
        match = self._match(payload.get("url"))
        if match is None or match.name != self._name:
            return Reply("ok", {"link_redirect": True})
        await self._handle_params(match, str(payload["url"]))
        response = await self._follow_navigation()
        return Reply("ok", {"diff": self._diff(), **response})

    async def _handle_params(self, match: Match, url: str) -> None:
        try:
            await self._page.handle_params(match.params, url)
        except errors.SoundForgeError as error:
            self._flash_error(error)

    async def _follow_navigation(self) -> dict[str, Any]:
        """Carry out the page's wish to go elsewhere; return what the client must know of it."""
        response: dict[str, Any] = {}
        for _ in range(_MAX_PATCHES):
            wish, self._page.live_state.navigation = self._page.live_state.navigation, None
            if wish is None:
                return response
            if wish.kind != "patch":
                return self._leave_for(wish)
            match = self._match(wish.to)
            if match is None or match.name != self._name:
                raise ValueError(f"push_patch to {wish.to}, which is another page")
            response = {"live_patch": {"to": wish.to, "kind": _history(wish)}}
            await self._handle_params(match, wish.to)
        raise RuntimeError(f"{self._name} patches its own address for ever")

    def _leave_for(self, wish: Navigation) -> dict[str, Any]:
        where: dict[str, Any] = {"to": wish.to}
        if self._page.live_state.flash:
            where["flash"] = self._signer.sign("flash", self._page.live_state.flash)
        return {"live_redirect": {**where, "kind": _history(wish)}}

    def _first_render(self) -> Wire:
        rendered = self._page.render()
        change: Wire = diff.full(rendered)
        self._remember(rendered)
        return self._with_extras(change, title_before=None)

    def _diff(self) -> Wire:
        rendered = self._page.render()
        change: Wire = diff.diff(self._last, rendered) or {}
        title_before = self._last_title
        self._remember(rendered)
        return self._with_extras(change, title_before=title_before)

    def _remember(self, rendered: Node) -> None:
        self._last = diff.settle(rendered)
        self._last_title = self._page.title
        for stream in self._page.live_state.streams.values():
            stream.forget()

    def _with_extras(self, change: Wire, *, title_before: str | None) -> Wire:
        if self._page.title and self._page.title != title_before:
            change["t"] = self._page.title
        if self._page.live_state.events:
            change["e"] = [list(event) for event in self._page.live_state.events]
            self._page.live_state.events.clear()
        return change

    def _flash_error(self, error: errors.SoundForgeError) -> None:
        self._page.put_flash("error", " ".join(filter(None, (error.message, error.next_step))))

    def _clear_flash(self, value: dict[str, Any]) -> None:
        kind = value.get("key")
        if isinstance(kind, str):
            self._page.live_state.flash.pop(kind, None)
        else:
            self._page.clear_flash()


def _history(wish: Navigation) -> str:
    return "replace" if wish.replaces else "push"
