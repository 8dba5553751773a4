"""The pages in a real browser: links, files, cards that move, keyboard, phone, axe."""

from __future__ import annotations

import dataclasses

import pytest
from playwright.async_api import expect

from tests.fakes.tracks import a_track

PAGES = [
    "/",
    "/?show=attention",
    "/?q=nothing-like-it",
    "/tracks/salt",
    "/tracks/kettle",
    "/tracks/lantern",
    "/about",
]
DROP = """() => {
  const files = new DataTransfer();
  files.items.add(new File(["one"], "one.flac"));
  files.items.add(new File(["two"], "two.wav"));
  for (const name of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: files }));
  }
}"""

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_pasted_link_becomes_a_card_in_every_open_browser(open_page):
    page, other = await open_page(), await open_page()

    await page.fill("#link", "https://open.spotify.com/track/1")
    await page.click("#import button.primary")

    await expect(page.locator("#tracks li").first).to_contain_text("Newly Pasted")
    await expect(other.locator("#tracks li").first).to_contain_text("Newly Pasted")
    await expect(page.locator("#link")).to_have_value("")
    await expect(page.locator("#notices")).to_contain_text("1 track added.")


async def test_a_hostile_link_is_explained_beside_the_field(open_page):
    page = await open_page()

    await page.fill("#link", "javascript:alert(1)")
    await page.press("#link", "Enter")

    await expect(page.get_by_role("alert")).to_contain_text("Copy the link in Spotify with Share")
    await expect(page.get_by_role("alert")).to_contain_text("link_not_supported")
    await expect(page.locator("#link")).to_have_attribute("aria-invalid", "true")
    await expect(page.locator("#link")).to_have_value("javascript:alert(1)")


async def test_rows_change_while_the_user_types(open_page, site):
    page = await open_page()
    await page.focus("#link")
    await page.keyboard.type("https://open.sp")
    track = site.studio.all["kettle"]
    stage = dataclasses.replace(track.stages[1], progress=77)

    site.studio.put(dataclasses.replace(track, stages=(track.stages[0], stage, track.stages[2])))

    await expect(page.locator("#tracks-kettle")).to_contain_text("Separating, 77%")
    await page.keyboard.type("otify.com")
    await expect(page.locator("#link")).to_have_value("https://open.spotify.com")


async def test_typed_text_and_rows_survive_a_restart_of_the_server(open_page, site):
    page = await open_page(allow=("WebSocket", "ERR_CONNECTION_REFUSED"))
    await page.evaluate("window.mark = 'not reloaded'")
    await page.fill("#link", "half a li")
    await page.focus("#search-q")

    await site.stop()
    site.studio.all["glass"] = dataclasses.replace(
        site.studio.all["glass"], title="Changed meanwhile"
    )
    await expect(page.locator(".offline")).to_be_visible()
    await site.start()

    await expect(page.locator("#tracks-glass")).to_contain_text("Changed meanwhile", timeout=20_000)
    await expect(page.locator(".offline")).to_be_hidden()
    await expect(page.locator("#link")).to_have_value("half a li")
    assert await page.locator("#tracks > li").count() == 9
    assert await page.evaluate("window.mark") == "not reloaded"


async def test_chosen_files_are_sent_and_a_refusal_is_explained(open_page):
    page = await open_page(allow=("422",))

    await page.set_input_files(
        "#upload-files",
        [
            {"name": "song.flac", "mimeType": "audio/flac", "buffer": b"fLaC" * 1000},
            {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"},
            {"name": "nothing.mp3", "mimeType": "audio/mpeg", "buffer": b""},
        ],
    )

    await expect(page.locator("#tracks")).to_contain_text("song.flac")
    refused = page.locator(".upload[data-state=failed]")
    await expect(refused.nth(0)).to_contain_text("notes.txt is not audio. Send an MP3, FLAC or WAV")
    await expect(refused.nth(0)).to_contain_text("file_not_audio")
    await expect(refused.nth(1)).to_contain_text("nothing.mp3 is empty.")
    await page.get_by_role("button", name="Dismiss notes.txt").click()
    await expect(refused).to_have_count(1)


async def test_files_can_be_dropped_anywhere(open_page):
    page = await open_page()

    await page.evaluate(DROP)

    await expect(page.locator("#tracks")).to_contain_text("one.flac")
    await expect(page.locator("#tracks")).to_contain_text("two.wav")
    await expect(page.locator(".dropzone")).to_be_hidden()


async def test_an_upload_can_be_cancelled(open_page):
    page = await open_page(allow=("ERR",))
    # A route that never answers keeps the upload on its way.
    await page.route("**/api/v1/uploads", lambda route: None)

    await page.evaluate(DROP)
    await page.get_by_role("button", name="Cancel one.flac").click()

    await expect(page.locator("#uploads")).not_to_contain_text("one.flac")
    await expect(page.locator("#uploads")).to_contain_text("two.wav")


async def test_cancel_and_retry_reach_the_studio(open_page, site):
    page = await open_page()

    await page.get_by_role("button", name="Cancel Glass Mile").click()
    await page.get_by_role("button", name="Try again: Paper Lanterns at Noon").click()

    await expect(page.locator("#tracks-glass")).to_contain_text("Cancelled")
    await expect(page.locator("#tracks-lantern")).not_to_contain_text("Needs you")
    assert site.studio.calls == [("cancel", "job-glass"), ("retry", "job-lantern")]


async def test_filters_and_search_live_in_the_address(open_page):
    page = await open_page()

    await page.get_by_role("link", name="Ready").click()
    await expect(page.locator("#tracks > li")).to_have_count(5)
    await page.fill("#search-q", "moth")
    await expect(page.locator("#tracks > li")).to_have_count(1)
    await page.fill("#search-q", "no such title")
    await expect(page.get_by_text("No track matches your search.")).to_be_visible()

    assert page.url.endswith("/?show=ready&q=no+such+title")
    await page.go_back()
    await expect(page.locator("#tracks > li")).to_have_count(9)


async def test_the_first_track_turns_the_greeting_into_a_library(open_page, site):
    site.studio.all.clear()
    page = await open_page()
    await expect(page.get_by_role("heading", level=1)).to_have_text(
        "Take a song apart. Play your part."
    )

    site.studio.put(a_track("first", "The First"))

    await expect(page.get_by_role("heading", level=1)).to_have_text("Library")
    await expect(page.locator("#tracks > li")).to_have_count(1)


async def test_a_track_is_deleted_after_a_question_and_can_come_back(open_page, site):
    page = await open_page("/tracks/salt")

    await page.get_by_role("button", name="Delete Salt on the Wire").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await page.get_by_role("button", name="Delete Salt on the Wire").click()
    await page.get_by_role("button", name="Delete track").click()

    await expect(page.locator("#tracks > li")).to_have_count(8)
    await page.get_by_role("button", name="Bring it back").click()
    await expect(page.locator("#tracks > li")).to_have_count(9)
    assert "salt" in site.studio.all


async def test_a_model_is_fetched_when_its_licence_is_accepted(open_page, site):
    page = await open_page("/tracks/salt")
    fetch = page.get_by_role("button", name="Fetch HT Demucs, 4 stems")
    dialog = page.get_by_role("dialog", name="The licence of HT Demucs, 4 stems")

    await fetch.click()
    await expect(dialog).to_contain_text("for scientific purposes only")
    await dialog.get_by_role("button", name="Do not fetch").click()
    await expect(dialog).to_be_hidden()
    assert site.studio.calls == []

    await fetch.click()
    await dialog.get_by_role("button", name="Accept and fetch").click()
    await expect(page.locator("#notices")).to_contain_text("The model is here.")
    assert site.studio.calls == [("pull", "htdemucs", "wait=false&accept_licence=true")]


async def test_a_fetch_says_how_far_it_is_and_can_be_cancelled(open_page, site):
    site.studio.fetch_steps = [0, 42_000_000]
    page = await open_page("/tracks/salt")
    model = page.locator("#model-htdemucs")
    fetch = page.get_by_role("button", name="Fetch HT Demucs, 4 stems", exact=True)
    cancel = page.get_by_role("button", name="Cancel fetching HT Demucs, 4 stems")

    await expect(cancel).to_be_hidden()
    await fetch.click()
    await page.get_by_role("button", name="Accept and fetch").click()
    await expect(model).to_contain_text("42 of 84 MB")
    await expect(fetch).to_be_hidden()
    await expect(model.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")

    await cancel.click()
    await expect(model.get_by_role("status")).to_have_text("Cancelled.")
    await expect(fetch).to_be_visible()
    await expect(cancel).to_be_hidden()
    assert site.studio.calls[-1] == ("cancel_pull", "htdemucs")


async def test_the_theme_is_chosen_and_stays(open_page):
    page = await open_page(theme="dark")
    switch = page.locator("#theme-rail")
    await expect(switch).to_have_text("Theme: as the system")

    await switch.click()
    await expect(switch).to_have_text("Theme: light")
    await page.reload()

    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    await expect(page.locator("#theme-rail")).to_have_text("Theme: light")


async def test_the_keyboard_comes_to_everything_and_sees_where_it_is(open_page):
    page = await open_page()
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"

    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement === document.body"):
            break
        name, ring = await page.evaluate(
            """() => { const at = document.activeElement, near = at.closest('.importer, .chooser') ?? at;
            const style = getComputedStyle(at.id === 'link' ? near : at.id === 'upload-files' ? at.previousElementSibling : at);
            return [at.id || at.textContent.trim().slice(0, 30), style.outlineStyle !== 'none' || style.boxShadow !== 'none']; }"""
        )
        assert ring, f"{name} has the focus and does not show it"
        reached.add(name)

    assert {"link", "upload-files", "Add", "search-q", "Salt on the Wire", "Cancel"} <= reached


async def test_who_wants_less_motion_gets_less(open_page):
    page = await open_page(reduced_motion="reduce")

    count = await page.eval_on_selector(".live", "e => getComputedStyle(e).animationIterationCount")

    assert count == "1"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 390])
async def test_axe_finds_nothing(open_page, violations, site, theme, width):
    page = await open_page(theme=theme, width=width)
    found = {}
    for path in PAGES:
        await page.goto(site.url + path)
        await page.wait_for_selector(".phx-connected")
        found[path] = await violations(page)
    site.studio.all.clear()
    await page.goto(site.url)
    found["empty"] = await violations(page)

    assert {path: what for path, what in found.items() if what} == {}


async def test_axe_finds_nothing_on_the_error_page(browser, violations, site):
    page = await browser.new_page()
    response = await page.goto(f"{site.url}/tracks/nope")

    assert response.status == 404
    assert await violations(page) == []


async def test_no_page_scrolls_sideways_at_any_width(open_page, site):
    page = await open_page()
    wide = []
    for path in PAGES:
        await page.goto(site.url + path)
        for width in (360, 390, 640, 768, 1280, 1920):
            await page.set_viewport_size({"width": width, "height": 800})
            if await page.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((path, width))

    assert wide == []
