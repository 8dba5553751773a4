"""Live pages in a real browser, with a server that is killed and comes back."""

from __future__ import annotations

import asyncio
import os
import shutil
import time

import pytest
from playwright.async_api import async_playwright, expect

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
KILLS = 10


@pytest.fixture
async def browser():
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    assert program, "these tests need Chromium; set CHROMIUM to its path"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield launched
        await launched.close()


@pytest.fixture
async def page(browser):
    """A tab that fails the test on any error of a script."""
    opened = await browser.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    assert faults == []


async def open_page(page, url: str) -> float:
    await page.goto(url)
    await page.wait_for_selector(".phx-connected")
    return await page.evaluate("window.mark")


async def shown_rows(page) -> list[list[str]]:
    return await page.eval_on_selector_all(
        "#rows > .row",
        "rows => rows.map(r => [r.id, r.dataset.progress, r.querySelector('b').textContent])",
    )


async def assert_rows_are_the_truth(page, site, limit_s: float = 10.0) -> None:
    deadline = time.monotonic() + limit_s
    while True:
        before = site.get("/truth")
        shown = await shown_rows(page)
        truth = [[f"rows-{r['id']}", str(r["progress"]), r["name"]] for r in before]
        if shown == truth:
            return
        assert time.monotonic() < deadline, f"rows drifted: {shown} is not {truth}"
        await asyncio.sleep(0.02)


async def test_typed_text_and_rows_survive_ten_kills_of_the_server(site, page):
    mark = await open_page(page, site.url)
    await page.fill("#name", "half typed")
    await page.select_option("#kind", "sample")
    await page.focus("#name")

    for n in range(KILLS):
        await page.keyboard.type(str(n))
        site.kill()
        await page.keyboard.type("x")  # typed while nobody listens
        await page.wait_for_selector(".phx-error")
        site.start()
        await page.wait_for_selector(".phx-connected", timeout=20_000)

        typed = "half typed" + "".join(f"{m}x" for m in range(n + 1))
        assert await page.input_value("#name") == typed
        assert await page.input_value("#kind") == "sample"
        await expect(page.locator("#echo")).to_have_text(f"{typed}|sample")
        await assert_rows_are_the_truth(page, site)

    assert await page.evaluate("window.mark") == mark, "the page was loaded anew"
    assert await page.evaluate("document.activeElement.id") == "name"


async def test_text_comes_back_when_the_field_has_lost_the_focus(site, page):
    await open_page(page, site.url)
    await page.fill("#name", "left alone")
    await page.select_option("#kind", "loop")
    await page.focus("#crash")

    for _ in range(2):
        site.kill()
        await page.wait_for_selector(".phx-error")
        site.start()
        await page.wait_for_selector(".phx-connected", timeout=20_000)
        await expect(page.locator("#echo")).to_have_text("left alone|loop")

    assert await page.input_value("#name") == "left alone"
    assert await page.input_value("#kind") == "loop"


async def test_a_crash_of_the_page_keeps_the_text_and_mounts_it_anew(site, page):
    mark = await open_page(page, site.url)
    await page.fill("#name", "kept")
    await expect(page.locator("#echo")).to_have_text("kept|song")

    await page.click("#crash")
    await page.wait_for_function("window.reconnections === 1")

    assert await page.input_value("#name") == "kept"
    await assert_rows_are_the_truth(page, site)
    assert await page.evaluate("window.mark") == mark


async def test_two_tabs_show_what_one_of_them_adds_and_deletes(quiet_site, page, browser):
    other = await browser.new_page()
    await open_page(page, quiet_site.url)
    await open_page(other, quiet_site.url)

    await page.fill("#name", "<b>New & shiny</b>")
    await page.click("#add button")
    await expect(page.locator("#hook")).to_have_text("added <b>New & shiny</b>")
    await expect(other.locator("#rows-20 b")).to_have_text("<b>New & shiny</b>")
    await expect(page.locator("#name")).to_have_value("")
    await page.click("#rows-3 button")
    await expect(other.locator("#rows-3")).to_have_count(0)

    await assert_rows_are_the_truth(page, quiet_site)
    await assert_rows_are_the_truth(other, quiet_site)
    small = await other.locator("#small li").all_text_contents()
    assert small == ["Track 018", "Track 019", "<b>New & shiny</b>"]


async def test_an_expected_failure_is_shown_and_can_be_dismissed(quiet_site, page):
    await open_page(page, quiet_site.url)

    await page.click("#refuse")
    await expect(page.locator("#fault")).to_have_text("There is no row 999. Look again.")
    await page.click("#fault")

    await expect(page.locator("#fault")).to_have_count(0)


async def test_a_hook_receives_the_answer_to_its_event(quiet_site, page):
    await open_page(page, quiet_site.url)

    answer = await page.evaluate("window.ask({deep: [1, 'ä', null]})")

    assert answer == {"rows": 20, "asked": {"deep": [1, "ä", None]}}


async def test_pages_follow_each_other_over_one_socket(quiet_site, page):
    sockets = []
    page.on("websocket", lambda ws: sockets.append(ws.url))
    mark = await open_page(page, quiet_site.url)

    await page.click("#to-tabs")
    await expect(page.locator("#where")).to_have_text("tabs overview")
    await page.click("#tab-users")
    await expect(page.locator("#where")).to_have_text("tabs users")
    assert page.url == f"{quiet_site.url}/tabs?tab=users"
    assert await page.title() == "Tabs: users"
    await page.click("#next")
    await expect(page.locator("#where")).to_have_text("tabs jobs")
    assert page.url == f"{quiet_site.url}/tabs?tab=jobs"
    await page.go_back()
    await expect(page.locator("#where")).to_have_text("tabs users")
    await page.click("#to-home")
    await expect(page.locator("#where")).to_have_text("home")

    assert len(sockets) == 1
    assert await page.evaluate("window.mark") == mark


async def test_a_flash_travels_with_the_navigation(quiet_site, page):
    await open_page(page, quiet_site.url)

    await page.click("#go")

    await expect(page.locator("#where")).to_have_text("tabs users")
    await expect(page.locator("#info")).to_have_text("Welcome to the tabs")


async def test_the_address_and_its_form_survive_a_kill(quiet_site, page):
    await open_page(page, f"{quiet_site.url}/tabs")
    await page.click("#tab-jobs")
    await page.fill("#q", "ab")
    await expect(page.locator("#note")).to_have_text("too short")

    quiet_site.kill()
    await page.wait_for_selector(".phx-error")
    quiet_site.start()
    await page.wait_for_selector(".phx-connected", timeout=20_000)

    await expect(page.locator("#where")).to_have_text("tabs jobs")
    await expect(page.locator("#note")).to_have_text("too short")
    assert await page.input_value("#q") == "ab"


async def test_another_live_session_is_entered_by_a_full_page_load(quiet_site, page):
    mark = await open_page(page, f"{quiet_site.url}/tabs")

    await page.click("#to-private")
    await expect(page.locator("#where")).to_have_text("private")
    await page.wait_for_selector(".phx-connected")

    assert await page.evaluate("window.mark") != mark


async def test_a_page_whose_session_is_stale_loads_itself_anew(quiet_site, page):
    mark = await open_page(page, quiet_site.url)
    await page.evaluate("document.querySelector('[data-phx-main]').dataset.phxSession = 'forged'")
    await page.evaluate("liveSocket.disconnect(() => liveSocket.connect())")

    await page.wait_for_function("old => window.mark !== old", arg=mark)
    await page.wait_for_selector(".phx-connected")

    await assert_rows_are_the_truth(page, quiet_site)


async def test_a_restart_closes_with_1012_and_the_page_comes_back(quiet_site, page):
    mark = await open_page(page, quiet_site.url)
    await page.evaluate(
        "liveSocket.socket.onClose(event => { window.code = window.code ?? event.code })"
    )

    quiet_site.terminate()
    await page.wait_for_selector(".phx-error")
    quiet_site.start()
    await page.wait_for_selector(".phx-connected", timeout=20_000)

    assert await page.evaluate("window.code") == 1012
    assert await page.evaluate("window.mark") == mark


async def test_one_changed_row_costs_a_few_hundred_bytes(quiet_site, page):
    sizes: list[int] = []

    def follow(ws):
        ws.on("framereceived", lambda data: sizes.append(len(data)))

    page.on("websocket", follow)
    await open_page(page, quiet_site.url)
    await expect(page.locator("#hook")).to_have_text("mounted")
    sizes.clear()

    quiet_site.post("/publish", {"topic": "rows", "event": "progress", "each": [{"id": 7}]})
    deadline = time.monotonic() + 5
    while not sizes:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)

    assert len(sizes) == 1
    assert sizes[0] < 400
