"""A browser, the pages over the fake studio, and axe-core."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Page, async_playwright

from tests.fakes.clicks import ClickStems
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio
from tests.fakes.studio_app import make_app

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
_AXE_RUN = """async () => {
  const found = await axe.run({ resultTypes: ["violations"] });
  return found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.target.join(" ")).join(", ")}`);
}"""


class Site:
    """The pages on a real port.

    Args:
        studio: What they show.
        clicks: The audio of its stems.
    """

    def __init__(self, studio: FakeStudio, clicks: ClickStems) -> None:
        self.studio = studio
        self.clicks = clicks
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, as a new server; returns when requests are answered."""
        self.app = make_app(self.studio, self.clicks)
        config = uvicorn.Config(
            self.app, port=self.port, log_level="warning", lifespan="off", ws="websockets-sansio"
        )
        self._server = uvicorn.Server(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Close the sockets, then the server."""
        await self.app.state.site.endpoint.drain()
        self._server.should_exit = True
        await self._task


@pytest.fixture
def studio():
    """Return what the pages show."""
    return FakeStudio(library())


@pytest_asyncio.fixture(loop_scope="module")
async def site(studio):
    served = Site(studio, ClickStems())
    await served.start()
    yield served
    await served.stop()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser():
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    assert program, "these tests need Chromium; set CHROMIUM to its path"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_page(browser, site):
    """Open tabs that fail the test on any error of a script, of the policy, or of a request.

    ``allowed`` texts in an error are what the test provokes.
    """
    faults: list[str] = []
    allowed: list[str] = []
    tabs: list[Page] = []

    async def opened(path="/", *, width=1280, height=800, theme="dark", allow=(), **options):
        allowed.extend(allow)
        page = await browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=theme, **options
        )
        tabs.append(page)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and faults.append(said.text))
        await page.goto(site.url + path)
        await page.wait_for_selector(".phx-connected")
        return page

    yield opened
    for tab in tabs:
        await tab.close()
    assert [fault for fault in faults if not any(text in fault for text in allowed)] == []


@pytest.fixture
def violations():
    """Return what axe-core finds on a page."""
    assert AXE.is_file(), f"run `npm ci` in {HERE}"

    async def of(page):
        # By evaluation, not by a script element: the page's policy forbids those.
        await page.evaluate(AXE.read_text())
        return await page.evaluate(_AXE_RUN)

    return of
