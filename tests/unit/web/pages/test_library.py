"""The library without a browser: what it loads, what it says, what it does."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from soundforge.live.bus import Notice
from soundforge.live.testing import PageDriver
from soundforge.web.pages.library import LibraryPage
from soundforge.web.studio import ImportOutcome
from tests.fakes.studio import NOW, FakeStudio, a_track, library


async def mounted(studio, **params):
    return await PageDriver.mount(LibraryPage(lambda _: studio), params=params)


def changed(track_id):
    return Notice("tracks", "track_changed", {"id": track_id})


async def test_an_empty_library_greets_and_says_what_to_do():
    driver = await mounted(FakeStudio())

    assert "Take a song apart" in driver.html()
    assert "Paste a Spotify link" in driver.html()
    assert "1. Give it a song" in driver.html()


async def test_every_state_is_told_in_words():
    html = (await mounted(FakeStudio(library()))).html()

    assert "About 1 min 50 s left, give or take 20 s." in html
    assert "Waiting, 2nd in line." in html
    assert "Only a live version was found" in html
    assert "download_no_match" in html
    assert "9 tracks" in html


async def test_titles_are_text_whatever_they_hold():
    driver = await mounted(FakeStudio([a_track("t", "<script>alert(1)</script>")]))

    assert "<script>alert" not in driver.html()


async def test_without_credentials_the_page_says_how_to_get_links_going():
    studio = FakeStudio()
    studio.is_spotify_configured = False

    assert "SFA_SPOTIFY__CLIENT_ID" in (await mounted(studio)).html()


@pytest.mark.parametrize(
    "link",
    [
        "not a link",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "--output=/tmp/x",
        "https://evil.example/?x=open.spotify.com/track/1",
        "\x00\r\nGET / HTTP/1.1",
        "😀" * 2000,
        "x" * 100_000,
    ],
)
async def test_hostile_links_get_a_sentence_with_a_next_step_and_stay_in_the_field(link):
    driver = await mounted(FakeStudio())
    if "evil" in link:
        driver.page._studio.outcome = ImportOutcome()
        link = link.replace("open.spotify.com/track/", "open.spotify.com/")

    await driver.page.handle_event("import", {"link": link})

    assert driver.page.fault.code == "link_not_supported"
    assert "Copy the link in Spotify with Share" in driver.html()
    assert driver.page.link == link[:4000]


@pytest.mark.parametrize("value", [{}, {"link": ""}, {"link": "  \n"}, {"link": None}])
async def test_nothing_pasted_is_said_kindly(value):
    driver = await mounted(FakeStudio())

    await driver.page.handle_event("import", value)

    assert driver.page.fault is not None


async def test_typing_keeps_the_text_and_takes_the_fault_away():
    driver = await mounted(FakeStudio())
    await driver.page.handle_event("import", {"link": ""})

    await driver.page.handle_event("typed", {"link": "https://op"})

    assert driver.page.fault is None
    assert 'value="https://op"' in driver.html()


async def test_an_import_is_told_and_shown():
    driver = await mounted(FakeStudio())

    await driver.page.handle_event("import", {"link": "https://open.spotify.com/track/1"})

    assert "1 track added." in driver.html()
    assert "Newly Pasted" in driver.html()
    assert driver.page.link == ""


async def test_a_changed_track_changes_its_row_alone():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    studio.all["glass"] = dataclasses.replace(studio.all["glass"], state="ready", stages=())

    await driver.page.handle_info(changed("glass"))

    assert [track.id for _, track in driver.page.live_stream("tracks")] == ["glass"]
    assert driver.page.counts.ready == 6


async def test_a_new_track_comes_on_top():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    studio.put(a_track("new", "New", inserted_at=NOW + timedelta(hours=1)))

    await driver.page.handle_info(changed("new"))

    assert driver.page.live_stream("tracks").peek()[1] == [["tracks-new", 0, None, False]]
    assert driver.page.counts.all == 10


async def test_news_of_a_track_below_what_is_loaded_adds_no_row():
    studio = FakeStudio([a_track(f"t{i:02}", f"T{i}", inserted_at=NOW - timedelta(hours=i)) for i in range(40)])  # fmt: skip
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()

    await driver.page.handle_info(changed("t39"))

    assert list(driver.page.live_stream("tracks")) == []


async def test_a_deleted_track_leaves():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    await studio.delete_track("salt")

    await driver.page.handle_info(changed("salt"))

    assert driver.page.live_stream("tracks").peek()[2] == ["tracks-salt"]
    assert driver.page.counts.all == 8


async def test_a_track_that_no_longer_fits_the_filter_leaves():
    studio = FakeStudio(library())
    driver = await mounted(studio, show="working")
    driver.page.live_stream("tracks").forget()
    studio.all["kettle"] = dataclasses.replace(studio.all["kettle"], state="ready", stages=())

    await driver.page.handle_info(changed("kettle"))

    assert driver.page.live_stream("tracks").peek()[2] == ["tracks-kettle"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"show": "ready"}, 5),
        ({"show": "working"}, 3),
        ({"show": "attention"}, 1),
        ({"show": "<script>"}, 9),
        ({"q": "quay"}, 1),
        ({"q": "x" * 9999}, 0),
        ({"show": "ready", "q": "o"}, 5),
    ],
)
async def test_the_address_says_what_is_shown(params, expected):
    driver = await mounted(FakeStudio(library()), **params)

    assert len(list(driver.page.live_stream("tracks"))) == expected


async def test_searching_keeps_the_filter_in_the_address():
    driver = await mounted(FakeStudio(library()), show="ready")

    await driver.page.handle_event("search", {"q": "a & b"})

    assert driver.page.live_state.navigation.to == "/?show=ready&q=a+%26+b"


async def test_more_tracks_come_on_demand():
    studio = FakeStudio([a_track(f"t{i:02}", f"T{i}", inserted_at=NOW - timedelta(hours=i)) for i in range(30)])  # fmt: skip
    driver = await mounted(studio)
    assert "Show more" in driver.html()
    driver.page.live_stream("tracks").forget()

    await driver.page.handle_event("more", {})

    assert len(list(driver.page.live_stream("tracks"))) == 6
    assert "Show more" not in driver.html()


async def test_after_a_gap_everything_is_read_again():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    studio.all.clear()

    await driver.page.handle_info(Notice("tracks", "resync"))

    assert driver.page.live_stream("tracks").peek()[3] is True
    assert "Take a song apart" in driver.html()


async def test_a_deleted_track_can_be_brought_back():
    studio = FakeStudio(library())
    await studio.delete_track("salt")
    driver = await mounted(studio, deleted="salt")
    assert "Bring it back" in driver.html()

    await driver.page.handle_event("undo", {"id": "salt"})

    assert "salt" in studio.all


def test_many_messages_of_one_track_are_one_reading():
    page = LibraryPage(lambda _: FakeStudio())

    assert page.merge_key(changed("a")) == page.merge_key(changed("a"))
    assert page.merge_key(changed("a")) != page.merge_key(changed("b"))
