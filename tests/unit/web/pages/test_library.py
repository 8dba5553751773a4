"""The library without a browser: what it loads, what it says, what it does."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from soundforge import errors
from soundforge.live.bus import Notice
from soundforge.live.testing import PageDriver
from soundforge.web.pages.library import LibraryPage
from soundforge.web.song_view import SoundView
from soundforge.web.studio import BatchView
from tests.fakes.library import library
from tests.fakes.studio import FakeStudio
from tests.fakes.tracks import NOW, a_track


async def mounted(studio, **params):
    return await PageDriver.mount(LibraryPage(lambda _: studio), params=params)


def changed(track_id):
    return Notice("tracks", "track_changed", {"id": track_id})


async def heard(driver, *messages):
    for message in messages:
        await driver.page.handle_info(message)
    await driver.page.handle_burst()


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


async def test_a_card_tells_a_tempo_that_is_a_guess_as_one():
    sound = SoundView(tempo_confidence=0.1, key_margin=0.02, key_rival="C major")
    guessed = a_track("t", "T", tempo_bpm=121.6, key_name="A minor", camelot="8A", sound=sound)

    html = (await mounted(FakeStudio([guessed]))).html()

    assert "about 122 BPM" in html
    assert "close: 0.02 ahead of C major" in html


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

    await driver.page.handle_event("import", {"link": link})
    await driver.settle()

    assert driver.page.fault.code == "link_not_supported"
    assert "Copy the link in Spotify with Share" in driver.html()
    assert driver.page.link == link[:4000]


@pytest.mark.parametrize("value", [{}, {"link": ""}, {"link": "  \n"}, {"link": None}])
async def test_nothing_pasted_is_said_kindly(value):
    driver = await mounted(FakeStudio())

    await driver.page.handle_event("import", value)
    await driver.settle()

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
    await driver.settle()

    assert "1 track added." in driver.html()
    assert "Newly Pasted" in driver.html()
    assert driver.page.link == ""


async def test_a_slow_import_holds_no_event_up_and_is_begun_once(monkeypatch):
    studio = FakeStudio()
    answered = asyncio.Event()
    really = studio.import_links

    async def slowly(text):
        await answered.wait()
        return await really(text)

    monkeypatch.setattr(studio, "import_links", slowly)
    driver = await mounted(studio)

    for _ in range(2):
        await driver.page.handle_event("import", {"link": "https://open.spotify.com/track/1"})
    waiting = driver.html()
    answered.set()
    await driver.settle()

    assert "Looking up what you pasted" in waiting
    assert "Looking up what you pasted" not in driver.html()
    assert "1 track added." in driver.html()
    assert [call[0] for call in studio.calls] == ["import"]


async def test_an_import_that_fails_is_told_and_can_be_sent_again(monkeypatch):
    studio = FakeStudio()

    async def fails(text):
        raise errors.Unavailable("database_unavailable", "The database does not answer.")

    monkeypatch.setattr(studio, "import_links", fails)
    driver = await mounted(studio)

    await driver.page.handle_event("import", {"link": "https://open.spotify.com/track/1"})
    with pytest.raises(errors.Unavailable):  # the live layer makes a flash of it
        await driver.settle()

    assert not driver.page.is_importing
    assert driver.page.link == "https://open.spotify.com/track/1"


async def test_a_changed_track_changes_its_row_alone():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    studio.all["glass"] = dataclasses.replace(studio.all["glass"], state="ready", stages=())

    await heard(driver, changed("glass"))

    assert [track.id for _, track in driver.page.live_stream("tracks")] == ["glass"]
    assert driver.page.counts.ready == 6


@pytest.mark.parametrize("search", ["union bread", "  RISING   odd "])
async def test_what_a_search_found_stays_while_it_is_watched(search):
    studio = FakeStudio([a_track("rising", "Rising Bread", state="working")])
    driver = await mounted(studio, q=search)
    driver.page.live_stream("tracks").forget()

    await heard(driver, changed("rising"))

    assert [track.id for _, track in driver.page.live_stream("tracks")] == ["rising"]


async def test_a_new_track_that_the_search_would_not_find_is_counted_and_not_shown():
    studio = FakeStudio([a_track("rising", "Rising Bread")])
    driver = await mounted(studio, q="bread")
    driver.page.live_stream("tracks").forget()
    studio.put(a_track("new", "New", inserted_at=NOW + timedelta(hours=1)))

    await heard(driver, changed("new"))

    assert list(driver.page.live_stream("tracks")) == []
    assert driver.page.counts.all == 2


async def test_a_new_track_comes_on_top():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    studio.put(a_track("new", "New", inserted_at=NOW + timedelta(hours=1)))

    await heard(driver, changed("new"))

    assert driver.page.live_stream("tracks").peek()[1] == [["tracks-new", 0, None, False]]
    assert driver.page.counts.all == 10


async def test_news_of_a_track_below_what_is_loaded_adds_no_row():
    studio = FakeStudio([a_track(f"t{i:02}", f"T{i}", inserted_at=NOW - timedelta(hours=i)) for i in range(40)])  # fmt: skip
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()

    await heard(driver, changed("t39"))

    assert list(driver.page.live_stream("tracks")) == []


async def test_a_deleted_track_leaves():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    driver.page.live_stream("tracks").forget()
    await studio.delete_track("salt")

    await heard(driver, changed("salt"))

    assert driver.page.live_stream("tracks").peek()[2] == ["tracks-salt"]
    assert driver.page.counts.all == 8


async def test_a_track_that_no_longer_fits_the_filter_leaves():
    studio = FakeStudio(library())
    driver = await mounted(studio, show="working")
    driver.page.live_stream("tracks").forget()
    studio.all["kettle"] = dataclasses.replace(studio.all["kettle"], state="ready", stages=())

    await heard(driver, changed("kettle"))

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


async def test_a_burst_of_news_is_one_read():
    studio = FakeStudio([a_track(f"t{i}", f"T{i}") for i in range(250)])
    driver = await mounted(studio)

    await heard(driver, *(changed(f"t{i}") for i in range(250)))
    await driver.page.handle_burst()

    assert studio.reads == [250]


RUNNING = BatchView("b", "Bench Tests", 12, 7, 1, waiting=3, running=1, percent=66, left_s=245)


async def test_a_batch_is_one_line_with_one_progress_and_what_can_be_done():
    studio = FakeStudio(library())
    studio.put_batch(RUNNING)

    html = (await mounted(studio)).html()

    assert "7 of 12 done, 1 failed, about 4 min left." in html
    assert 'aria-valuenow="66"' in html
    assert "Cancel all" in html
    assert "Retry failed" in html


async def test_a_batch_that_ended_with_failures_says_what_it_came_to():
    studio = FakeStudio(library())
    left_out = ("This is being done already.",) * 2
    ended = BatchView("b", "Bench Tests", 12, 11, 1, percent=100, left_out=left_out)
    studio.put_batch(ended)

    html = (await mounted(studio)).html()

    assert "11 of 12 done, 1 failed." in html
    assert "11 tracks can be used now; what failed can be tried again." in html
    assert "2 tracks left out: This is being done already." in html
    assert "Cancel all" not in html


async def test_a_batch_that_ended_well_stays_for_who_saw_it_run():
    studio = FakeStudio(library())
    studio.put_batch(RUNNING)
    driver = await mounted(studio)
    studio.put_batch(BatchView("b", "Bench Tests", 12, 12, percent=100))

    await heard(driver, Notice("batches", "batch_changed", {"id": "b"}))

    assert "12 of 12 done." in driver.html()
    assert "12 of 12 done." not in (await mounted(studio)).html()
    await driver.page.handle_event("close_batch", {"id": "b"})
    assert "Bench Tests" not in driver.html()


async def test_selected_tracks_are_separated_with_what_was_chosen():
    studio = FakeStudio(library())
    driver = await mounted(studio)

    await driver.page.handle_event("separate", {"ids": ["salt", "glass"], "model": "instant"})

    assert studio.calls[-1] == ("separate_all", "salt", "glass", "instant")
    assert "0 of 2 done, waiting for its turn." in driver.html()


@pytest.mark.parametrize("ids", [None, "salt", {}, [], [None], [["salt"]], ["x" * 9999], [1.5]])
async def test_a_selection_that_is_none_gets_a_sentence(ids):
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event("separate", {"ids": ids, "model": {"a": 1}})

    assert driver.page.notices[0].code == "track_not_found"


@pytest.mark.parametrize("event", ["cancel_batch", "retry_batch", "close_batch"])
@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": "no such"}])
async def test_a_batch_that_is_gone_gets_a_sentence(event, value):
    driver = await mounted(FakeStudio(library()))

    await driver.page.handle_event(event, value)

    assert driver.page.notices[0].code == "batch_not_found"


async def test_who_waits_keeps_a_true_place_in_line():
    studio = FakeStudio(library())
    driver = await mounted(studio)
    waiting = next(track for track in studio.all.values() if track.state == "queued")
    (stage,) = [stage for stage in waiting.stages if stage.status == "queued"]
    next_in_line = dataclasses.replace(stage, queue_position=1)
    studio.all[waiting.id] = dataclasses.replace(waiting, stages=(next_in_line,))

    await heard(driver, Notice("queue", "queue_moved", {}))

    at_work = [track for track in studio.all.values() if track.state in ("queued", "working")]
    assert studio.reads == [len(at_work)]
    shown = {track.id: track for _, track in driver.page.live_stream("tracks")}
    assert shown[waiting.id].stages == (next_in_line,)
