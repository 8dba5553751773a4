"""All live pages of a site: their addresses, their first HTML, and their socket."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, compile_path

from soundforge import errors
from soundforge.live import escape, session
from soundforge.live.diff import Rendered, to_html
from soundforge.live.endpoint import Client, ConnectInfo, SocketEndpoint
from soundforge.live.escape import Safe
from soundforge.live.page import LivePage, PageState
from soundforge.live.session import BrowserSession, Signer
from soundforge.live.view import LiveChannel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from soundforge.live.bus import Bus
    from soundforge.live.limits import Access


@dataclass(frozen=True, slots=True)
class PageRoute:
    """A live page and its address.

    Args:
        path: ``/tracks/{track_id}``, as in Starlette.
        make: Makes the page: the class, or a function that hands it what it needs.
        name: Unique; by default the path.
        live_session: Pages of one live session follow each other over one socket; others load
            anew. Pages that admit different people belong to different ones.
    """

    path: str
    make: Callable[[], LivePage]
    name: str = ""
    live_session: str = "default"


@dataclass(frozen=True, slots=True)
class LayoutParts:
    """What the root layout is given.

    Args:
        content: The live page; goes into the body, as it is.
        title: The page's title.
        csrf_token: For ``<meta name="csrf-token" content={csrf_token}>``; the script hands it to
            `LiveSocket` and sends it with forms.
        request: For the nonce and whatever else the middleware has put into its state.
    """

    content: Safe
    title: str
    csrf_token: str
    request: Request


Layout: TypeAlias = Callable[[LayoutParts], Rendered]
SessionOf: TypeAlias = Callable[[Request], Awaitable[dict[str, Any] | None]]
"""What the site knows about a visitor, JSON only: ``{"user_id": …}``. None: not allowed in."""


@dataclass(frozen=True, slots=True)
class _Match:
    route: PageRoute
    params: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.route.name or self.route.path

    @property
    def live_session(self) -> str:
        return self.route.live_session

    def make(self) -> LivePage:
        return self.route.make()


class LiveSite:
    """The live pages of an application.

    Args:
        pages: Every page; the first address that matches wins.
        layout: Makes the whole document around a page.
        signer: Signs cookies, CSRF tokens and sessions.
        bus: Where pages subscribe.
        access: Our names, and how much a browser may do.
        session_of: What is known about a visitor.
        socket_path: Where the browser's `LiveSocket` connects.
    """

    def __init__(
        self,
        pages: Sequence[PageRoute],
        *,
        layout: Layout,
        signer: Signer,
        bus: Bus,
        access: Access,
        session_of: SessionOf,
        socket_path: str = "/live",
    ) -> None:
        self._pages = [(compile_path(page.path), page) for page in pages]
        self._layout = layout
        self._signer = signer
        self._session_of = session_of
        self._socket_path = socket_path
        self.endpoint = SocketEndpoint(
            {"lv:*": lambda: LiveChannel(self, signer)},
            bus=bus,
            access=access,
            connect=self._connect,
        )

    def routes(self) -> list[BaseRoute]:
        """Return the routes to add to the application: one for each page, and the socket."""
        pages = [Route(page.path, self.respond, methods=["GET"]) for _, page in self._pages]
        return [*pages, Mount(self._socket_path, self.endpoint)]

    def match(self, path: str, query: str) -> _Match | None:
        """Return the page at a path with its parameters, or None."""
        for (regex, _, convertors), page in self._pages:
            found = regex.match(path)
            if found is None:
                continue
            in_path = {
                name: str(convertors[name].convert(text))
                for name, text in found.groupdict().items()
            }
            return _Match(page, {**_query(query), **in_path})
        return None

    async def respond(self, request: Request) -> Response:
        """Answer a GET with a page's first HTML.

        Raises:
            errors.NotFound: No such page, or not for this visitor.
        """
        match = self.match(request.url.path, request.url.query)
        known = await self._session_of(request)
        if match is None or known is None:
            raise errors.NotFound("page_not_found", f"There is no page {request.url.path}.")
        flash = self._signer.verify(
            "flash",
            request.cookies.get(session.FLASH_COOKIE),
            max_age_s=session.FLASH_MAX_AGE_S,
        )
        page = match.make()
        page.attach_state(PageState(None, known, flash=flash or {}))
        await page.mount(match.params, known)
        await page.handle_params(match.params, str(request.url))
        if page.live_state.navigation is not None:
            return RedirectResponse(page.live_state.navigation.to, 303)
        browser = BrowserSession.of(self._signer, request.cookies)
        return self._document(request, match, page, known, browser)

    def _document(
        self,
        request: Request,
        match: _Match,
        page: LivePage,
        known: dict[str, Any],
        browser: BrowserSession | None,
    ) -> Response:
        ours = browser or BrowserSession.new(self._signer)
        content = self._container(match, known, ours, to_html(page.render()))
        document = self._layout(LayoutParts(content, page.title, ours.csrf_token(), request))
        # The CSRF token and the session are for this browser alone.
        headers = {"cache-control": "no-store"}
        response = HTMLResponse(to_html(document), headers=headers)
        if browser is None:
            response.set_cookie(
                session.COOKIE,
                ours.cookie(),
                max_age=session.COOKIE_MAX_AGE_S,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        if session.FLASH_COOKIE in request.cookies:
            response.delete_cookie(session.FLASH_COOKIE)
        return response

    def _container(
        self, match: _Match, known: dict[str, Any], browser: BrowserSession, html: str
    ) -> Safe:
        dom_id = f"phx-{secrets.token_urlsafe(9)}"
        token = self._signer.sign(
            "view",
            {
                "id": dom_id,
                "page": match.name,
                "live_session": match.live_session,
                "browser": browser.session_id,
                "session": known,
            },
        )
        attributes = (
            f'id="{dom_id}" data-phx-main data-phx-session="{escape.attribute(token)}"'
            ' data-phx-static=""'
        )
        return Safe(f"<div {attributes}>{html}</div>")

    async def _connect(self, info: ConnectInfo) -> Client:
        browser = BrowserSession.of(self._signer, info.cookies)
        socket_id = f"browser:{browser.session_id}" if browser else "browser:unknown"
        return Client(socket_id, {"browser": browser})


def import_map(urls: Mapping[str, str], *, nonce: str = "") -> Safe:
    """Return the ``<script type="importmap">`` element; it must stand before every module.

    Args:
        urls: Module name to address: ``{"phoenix": "/static/vendor/phoenix/phoenix.mjs"}``.
        nonce: The nonce of the content security policy: an import map is an inline script.
    """
    content = json.dumps({"imports": dict(urls)}).replace("<", "\\u003c")
    nonce_attribute = escape.whole_attribute("nonce", nonce or None)
    return Safe(f'<script type="importmap"{nonce_attribute}>{content}</script>')


def _query(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}
