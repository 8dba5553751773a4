"""A small site on the live layer, run by the tests as its own process.

    python site_under_test.py PORT STATE_FILE

The rows live in a file, so that a killed server finds them again: what the page shows after it
has rejoined can be compared with the truth.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from soundforge import errors
from soundforge.live import (
    Access,
    Channel,
    Client,
    JoinRefused,
    Limits,
    LivePage,
    LiveSite,
    PageRoute,
    Reply,
    Signer,
    SocketEndpoint,
    Template,
    import_map,
)
from soundforge.live.testing import MemoryBus

VENDOR = Path(__file__).resolve().parents[3] / "assets" / "vendor"
ROWS = int(os.environ.get("ROWS", "20"))
EVENTS_PER_S = float(os.environ.get("EVENTS_PER_S", "10"))


@dataclass
class Row:
    id: int
    name: str
    progress: int = 0


class Rows:
    """The truth."""

    def __init__(self, path: Path, bus: MemoryBus) -> None:
        self._path = path
        self._bus = bus
        if not path.exists():
            self._save([Row(i, f"Track {i:03d}") for i in range(ROWS)])
        self._rows = {row["id"]: Row(**row) for row in json.loads(path.read_text())}
        self._next_id = max(self._rows, default=-1) + 1

    def all(self) -> list[Row]:
        return list(self._rows.values())

    def get(self, row_id: int) -> Row | None:
        return self._rows.get(row_id)

    def add(self, name: str) -> None:
        row = Row(self._next_id, name)
        self._next_id += 1
        self._rows[row.id] = row
        self._changed("added", row.id)

    def delete(self, row_id: int) -> None:
        if self._rows.pop(row_id, None) is None:
            raise errors.NotFound("row_not_found", f"There is no row {row_id}.", "Look again.")
        self._changed("deleted", row_id)

    def advance(self, row_id: int) -> None:
        self._rows[row_id].progress = (self._rows[row_id].progress + 1) % 101
        self._changed("progress", row_id)

    def _changed(self, event: str, row_id: int) -> None:
        self._save(self.all())
        self._bus.publish("rows", event, {"id": row_id})

    def _save(self, rows: list[Row]) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps([asdict(row) for row in rows]))
        new.replace(self._path)


ROW = Template.parse("<b>{row.name}</b> <progress max='100' value={row.progress}></progress>")
HOME = Template.parse(
    """
<main><h1 id="where">home</h1>
{#if flash.get("error")}<p id="fault" phx-click="lv:clear-flash" phx-value-key="error">{flash["error"]}</p>{/if}
<form id="add" phx-change="typed" phx-submit="add"><input id="name" name="name" value={name}>
<select id="kind" name="kind">{#for k in kinds by k}<option value={k} selected={k == kind}>{k}</option>{/for}</select>
<button>Add</button></form><p id="echo">{name}|{kind}</p>
<button id="crash" phx-click="crash">crash</button><button id="refuse" phx-click="delete" phx-value-id="999">no</button>
<a id="to-tabs" href="/tabs" data-phx-link="redirect" data-phx-link-state="push">tabs</a>
<button id="go" phx-click="go">go</button>
<div id="hook" phx-hook="Probe" phx-update="ignore"></div>
<div id="rows" phx-update="stream">
{#for dom_id, row in streams.rows}<article id={dom_id} class="row" data-progress={row.progress}>{show(row=row)}
<button phx-click="delete" phx-value-id={row.id} aria-label="Delete {row.name}">x</button></article>{/for}
</div>
<ul id="small">{#for row in small by row.id}<li>{row.name}{#if row.progress > 50}<i>!</i>{/if}</li>{/for}</ul>
</main>""",
    show=ROW,
)


class Home(LivePage):
    template = HOME
    title = "Home"

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.kinds = ("song", "loop", "sample")

    async def mount(self, params, session):
        self.subscribe("rows")
        self.name, self.kind = "", "song"
        self.reload()

    def reload(self):
        self.stream("rows", self._rows.all())
        self.small = self._rows.all()[-3:]

    async def handle_event(self, event, value):
        match event:
            case "typed":
                self.name, self.kind = value["name"], value.get("kind", "song")
            case "add":
                self._rows.add(value["name"])
                self.name = ""
                self.push_event("added", {"name": value["name"]})
            case "delete":
                self._rows.delete(int(value["id"]))
            case "crash":
                raise RuntimeError("asked to")
            case "ask":
                return {"rows": len(self._rows.all()), "asked": value}
            case "go":
                self.put_flash("info", "Welcome to the tabs")
                self.push_navigate("/tabs?tab=users")
        return None

    async def handle_info(self, message):
        if message.event == "deleted":
            self.live_stream("rows").delete_by_id(f"rows-{message.data['id']}")
        elif (row := self._rows.get(message.data["id"])) is not None:
            self.live_stream("rows").insert(row)
        self.small = self._rows.all()[-3:]


TABS = Template.parse(
    """<main><h1 id="where">tabs {tab}</h1><p id="info">{flash.get("info")}</p>
<nav>{#for name in tabs by name}<a id="tab-{name}" href="/tabs?tab={name}" data-phx-link="patch" data-phx-link-state="push">{name}</a>{/for}</nav>
<button id="next" phx-click="next">next</button>
<form id="find" phx-change="find"><input id="q" name="q" value={q}></form><p id="note">{note}</p>
<a id="to-home" href="/" data-phx-link="redirect" data-phx-link-state="push">home</a>
<a id="to-private" href="/private" data-phx-link="redirect" data-phx-link-state="push">private</a></main>"""
)


class Tabs(LivePage):
    template = TABS

    def __init__(self):
        self.tabs = ("overview", "users", "jobs")

    async def mount(self, params, session):
        self.q = self.note = ""

    async def handle_params(self, params, url):
        self.tab = params.get("tab", "overview")
        self.title = f"Tabs: {self.tab}"

    async def handle_event(self, event, value):
        if event == "next":
            at = (self.tabs.index(self.tab) + 1) % len(self.tabs)
            self.push_patch(f"/tabs?tab={self.tabs[at]}")
        else:
            self.q = value["q"]
            self.note = "too short" if len(self.q) < 3 else ""
        return


class Private(LivePage):
    template = Template.parse("""<h1 id="where">private</h1>""")


class Item(LivePage):
    template = Template.parse("""<h1 id="where">item {number}</h1>""")

    async def mount(self, params, session):
        if int(params["number"]) > 9:
            raise errors.NotFound("item_not_found", "There is no such item.")
        self.number = params["number"]


class JobChannel(Channel):
    """``jobs:*``: what the tests of the `phoenix` client talk to."""

    async def join(self, payload):
        self.job_id = self.topic.split(":", 1)[1]
        if self.job_id == "forbidden":
            raise JoinRefused("job_not_found")
        self.subscribe(self.topic)
        return {"job_id": self.job_id, "user": self.assigns["user"], "sent": payload}

    async def handle_in(self, event, payload):
        known = getattr(self, f"on_{event}", None)
        return await known(payload) if known else await super().handle_in(event, payload)

    async def on_ping(self, payload):
        return Reply("ok", {"pong": payload})

    async def on_size(self, payload):
        return Reply("ok", {"size": len(payload)})

    async def on_echo(self, payload):
        return Reply("ok", bytes(payload))

    async def on_burst(self, payload):
        for n in range(payload["count"]):
            self.push("job:progress", {"job_id": self.job_id, "progress": n})
        return Reply()

    async def on_raw(self, payload):
        self.push("raw", b"\x00\x01\xff")
        return Reply()

    async def on_crash(self, payload):
        raise RuntimeError("asked to")

    async def on_refuse(self, payload):
        raise errors.Conflict("job_is_over", "The job is over.", "Start a new one.")

    async def on_slow(self, payload):
        await asyncio.sleep(payload["s"])
        return Reply()

    def merge_key(self, message):
        return (message.event, message.data["job_id"]) if message.event == "job:progress" else None


LAYOUT = Template.parse(
    """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="csrf-token" content={csrf_token}><link rel="icon" href="data:,">
{modules}<script type="module" src="/app.js"></script></head><body>{content}</body></html>"""
)
APP_JS = """
import { Socket } from "phoenix"; import { LiveSocket } from "phoenix_live_view";
const Probe = {
  mounted() { this.el.textContent = "mounted"; window.ask = v => this.pushEvent("ask", v);
    this.handleEvent("added", p => { this.el.textContent = "added " + p.name }) },
  reconnected() { window.reconnections = (window.reconnections ?? 0) + 1 } };
const csrf = document.querySelector("meta[name=csrf-token]").content;
window.mark = Math.random();
window.liveSocket = new LiveSocket("/live", Socket, { hooks: { Probe }, params: { _csrf_token: csrf } });
window.liveSocket.connect();
"""
MODULES = {
    "phoenix": "/vendor/phoenix/phoenix.mjs",
    "phoenix_live_view": "/vendor/phoenix_live_view/phoenix_live_view.esm.js",
}


def layout(parts):
    return LAYOUT(
        title=parts.title,
        csrf_token=parts.csrf_token,
        content=parts.content,
        modules=import_map(MODULES),
    )


async def session_of(request):
    return {"user_id": 1}


async def connect(info):
    if info.token == "bad":
        return None
    return Client(f"users:{info.token}", {"user": info.token})


def build(state: Path) -> tuple[Starlette, list[SocketEndpoint]]:
    bus = MemoryBus()
    rows = Rows(state, bus)
    limits = Limits(longpoll_window_s=1.0, mailbox_size=64, max_topics=8, idle_timeout_s=10.0)
    access = Access(frozenset({"127.0.0.1"}), limits=limits)
    site = LiveSite(
        [
            PageRoute("/", lambda: Home(rows)),
            PageRoute("/tabs", Tabs),
            PageRoute("/items/{number:int}", Item),
            PageRoute("/private", Private, live_session="private"),
        ],
        layout=layout,
        signer=Signer(b"only for tests " * 4),
        bus=bus,
        access=access,
        session_of=session_of,
    )
    sockets = SocketEndpoint({"jobs:*": JobChannel}, bus=bus, access=access, connect=connect)

    helpers = Helpers(rows, bus, sockets)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        ticking = asyncio.create_task(tick(rows)) if EVENTS_PER_S else None
        yield
        if ticking:
            ticking.cancel()

    app = Starlette(
        routes=[*site.routes(), Mount("/socket", sockets), *helpers.routes()],
        lifespan=lifespan,
        exception_handlers={errors.NotFound: not_found},
    )
    return app, [site.endpoint, sockets]


class Helpers:
    """What the tests ask the server beside the sockets."""

    def __init__(self, rows: Rows, bus: MemoryBus, sockets: SocketEndpoint) -> None:
        self._rows = rows
        self._bus = bus
        self._sockets = sockets

    def routes(self):
        return [
            Route("/truth", self.truth),
            Route("/app.js", self.app_js),
            Route("/publish", self.publish, methods=["POST"]),
            Route("/sockets", self.sockets),
            Mount("/vendor", StaticFiles(directory=VENDOR)),
        ]

    async def truth(self, request):
        return JSONResponse([asdict(row) for row in self._rows.all()])

    async def app_js(self, request):
        return PlainTextResponse(APP_JS, media_type="text/javascript")

    async def publish(self, request):
        said = await request.json()
        for data in said["each"]:
            self._bus.publish(said["topic"], said["event"], data)
        return JSONResponse({"subscribers": self._bus.subscriber_count(said["topic"])})

    async def sockets(self, request):
        return JSONResponse(len(self._sockets._sockets))


async def tick(rows: Rows) -> None:
    n = 0
    while True:
        await asyncio.sleep(1 / EVENTS_PER_S)
        known = rows.all()
        rows.advance(known[n % len(known)].id)
        n += 1


async def not_found(request, error):
    return PlainTextResponse(error.message, 404)


class Server(uvicorn.Server):
    """Drains the sockets before uvicorn stops, as the real app does."""

    endpoints: list[SocketEndpoint]

    async def shutdown(self, sockets=None):
        await asyncio.gather(*(endpoint.drain() for endpoint in self.endpoints))
        await super().shutdown(sockets)


def main() -> None:
    app, endpoints = build(Path(sys.argv[2]))
    server = Server(uvicorn.Config(app, port=int(sys.argv[1]), log_level="warning"))
    server.endpoints = endpoints
    server.run()


if __name__ == "__main__":
    main()
