"""Time from an event in the server to the changed page in a browser.

``python -m bench.live [--seconds 8] [--json OUT]``

200 rows in a stream, 10 events a second, two tabs of Chromium. Once each event changes one row,
once all 200. Latency is from just before the page hears of it to the changed DOM; server, browser
and driver share the machine, so the figures are pessimistic.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import uvicorn
from playwright.async_api import async_playwright
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from soundforge.live import Access, LivePage, LiveSite, PageRoute, Signer, Template, import_map
from soundforge.live.testing import MemoryBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from soundforge.live import LayoutParts, Message
    from soundforge.live.diff import Rendered

ROOT = Path(__file__).resolve().parents[1]
VENDOR = ROOT / "assets" / "vendor"
ROWS, EVENTS_PER_S, TABS = 200, 10, 2
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# --- the server, in its own process ---


@dataclass
class Job:
    """One row."""

    id: int
    progress: int = 0


BAR = Template.parse(
    '<progress max="100" value={job.progress}></progress><span>{job.progress}% separating</span>'
)
PAGE = Template.parse(
    '<main><span id="sent" data-at={sent_at_ms}></span><div id="jobs" phx-update="stream">'
    '{#for dom_id, job in streams.jobs}<div class="job" id={dom_id}><b>Track {job.id}</b>'
    "{bar(job=job)}</div>{/for}</div></main>",
    bar=BAR,
)
LAYOUT = Template.parse(
    '<!doctype html><html lang="en"><head><title>bench</title><meta name="csrf-token" '
    'content={parts.csrf_token}><link rel="icon" href="data:,">{modules}'
    '<script type="module" src="/app.js"></script></head><body>{parts.content}</body></html>'
)
APP_JS = """
import { Socket } from "phoenix"; import { LiveSocket } from "phoenix_live_view";
const csrf = document.querySelector("meta[name=csrf-token]").content;
const live = new LiveSocket("/live", Socket, { params: { _csrf_token: csrf } });
live.connect();
window.latencies_ms = [];
let last = 0;
new MutationObserver(() => {
  const at = Number(document.getElementById("sent")?.dataset.at || 0);
  if (at > last) { last = at; latencies_ms.push(performance.timeOrigin + performance.now() - at); }
}).observe(document, { subtree: true, attributes: true, childList: true });
"""
JOBS = [Job(number) for number in range(ROWS)]


class Jobs(LivePage):
    """200 jobs in a stream."""

    template = PAGE

    async def mount(self, params: Any, session: Any) -> None:
        """Begin the stream."""
        self.subscribe("jobs")
        self.sent_at_ms = 0.0
        self.stream("jobs", JOBS)

    async def handle_info(self, message: Message) -> None:
        """Send the rows that changed."""
        self.sent_at_ms = message.data["at_ms"]
        for number in message.data["ids"]:
            self.live_stream("jobs").insert(JOBS[number])


def layout(parts: LayoutParts) -> Rendered:
    modules = import_map(
        {
            "phoenix": "/vendor/phoenix/phoenix.mjs",
            "phoenix_live_view": "/vendor/phoenix_live_view/phoenix_live_view.esm.js",
        }
    )
    return LAYOUT(parts=parts, modules=modules)


async def session_of(_: Request) -> dict[str, Any]:
    return {}


async def app_js(_: Request) -> Response:
    return PlainTextResponse(APP_JS, media_type="text/javascript")


async def tick(bus: MemoryBus, changes: int) -> None:
    number, due_s = 0, time.monotonic()
    while True:
        due_s += 1 / EVENTS_PER_S
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        ids = [(number + offset) % ROWS for offset in range(changes)]
        number += changes
        for changed in ids:
            JOBS[changed].progress = (JOBS[changed].progress + 1) % 101
        bus.publish("jobs", "changed", {"at_ms": time.time() * 1000, "ids": ids})


def serve(port: int, changes: int) -> None:
    bus = MemoryBus()
    site = LiveSite(
        [PageRoute("/", Jobs)],
        layout=layout,
        signer=Signer(os.urandom(32)),
        bus=bus,
        access=Access(frozenset({"127.0.0.1"})),
        session_of=session_of,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ticking = asyncio.create_task(tick(bus, changes))
        yield
        ticking.cancel()

    vendor = Mount("/vendor", StaticFiles(directory=VENDOR))
    routes = [*site.routes(), Route("/app.js", app_js), vendor]
    uvicorn.run(Starlette(routes=routes, lifespan=lifespan), port=port, log_level="error")


# --- the measurement ---


def measure(changes: int, seconds: float) -> dict[str, Any]:
    port = free_port()
    command = [sys.executable, "-m", "bench.live", "--serve", str(port), "--changes", str(changes)]
    server = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_for(f"http://127.0.0.1:{port}/app.js")
        return asyncio.run(look(f"http://127.0.0.1:{port}/", server.pid, seconds))
    finally:
        server.kill()
        server.wait()


async def look(url: str, pid: int, seconds: float) -> dict[str, Any]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or "google-chrome"
    sizes: list[int] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        pages = [await browser.new_page() for _ in range(TABS)]
        pages[0].on(
            "websocket", lambda ws: ws.on("framereceived", lambda data: sizes.append(len(data)))
        )
        for page in pages:
            await page.goto(url)
            await page.wait_for_selector(".phx-connected")
        for page in pages:
            await page.evaluate("latencies_ms.length = 0")
        sizes.clear()
        process = psutil.Process(pid)
        before, began = process.cpu_times(), time.monotonic()
        await asyncio.sleep(seconds)
        after, took_s = process.cpu_times(), time.monotonic() - began
        latencies = [ms for page in pages for ms in await page.evaluate("latencies_ms")]
        await browser.close()
    cpu_s = after.user + after.system - before.user - before.system
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "events_seen": len(latencies),
        "events_sent": round(took_s * EVENTS_PER_S) * TABS,
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "bytes_per_event": round(statistics.mean(sizes)),
        "server_cpu_percent": round(100 * cpu_s / took_s, 1),
    }


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--changes", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.changes)
        return 0
    found = {}
    for changes in (1, ROWS):
        found[f"rows_per_event_{changes}"] = measure(changes, options.seconds)
        print(f"{changes:>3} rows an event: {found[f'rows_per_event_{changes}']}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
