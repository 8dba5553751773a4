"""Pages and their channel, without a browser."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from soundforge import errors
from soundforge.live import Access, LivePage, LiveSite, PageRoute, Signer, Template
from soundforge.live.limits import Limits, TokenBucket
from soundforge.live.page import PageState
from soundforge.live.session import COOKIE, BrowserSession
from soundforge.live.socket import Socket
from soundforge.live.testing import MemoryBus, PageDriver
from soundforge.live.view import LiveChannel

LIMIT_S = 2.0
SIGNER = Signer(b"only for tests, " * 4)


class Counter(LivePage):
    template = Template.parse(
        '<p id="n">{n}</p>{flash.get("error")}<ul id="log" phx-update="stream">'
        "{#for dom_id, entry in streams.log}<li id={dom_id}>{entry.id}</li>{/for}</ul>"
    )
    title = "Counter"

    async def mount(self, params, session):
        if params.get("start") == "gone":
            raise errors.NotFound("gone", "There is no such counter.")
        if params.get("start") == "away":
            raise errors.Unavailable("database_unavailable", "The database is away.")
        self.subscribe("counter")
        self.n = int(params.get("start", "0")) + session.get("plus", 0)
        self.stream("log", [SimpleNamespace(id=self.n)])

    async def handle_params(self, params, url):
        self.tab = params.get("tab", "")
        if self.tab == "jump":
            self.push_navigate("/other")

    async def handle_event(self, event, value):
        match event:
            case "add":
                self.n += int(value.get("by", 1))
                self.live_stream("log").insert(SimpleNamespace(id=self.n))
            case "refuse":
                raise errors.Conflict("full", "It is full.", "Wait.")
            case "retitle":
                self.title = "Other"
            case "reply":
                return {"got": value}
            case "patch":
                self.push_patch("/?tab=two")
            case "stray":
                self.push_patch("/other")
            case "leave":
                self.put_flash("info", "bye")
                self.push_navigate("/other")
        return None

    async def handle_info(self, message):
        self.n += message.data["by"]


class Slow(Counter):
    async def handle_event(self, event, value):
        self.start_async(event, take_long(value))

    async def handle_async(self, name, done):
        assert name == "wait"
        self.n += done.result()


async def take_long(value):
    """Take a while, and come to what ``value`` says; note when somebody stops it."""
    try:
        await asyncio.sleep(float(value["s"]))
    except asyncio.CancelledError:
        stopped.append(value)
        raise
    if "refused" in value:
        raise errors.Conflict("full", "It is full.", "Wait.")
    return 10


stopped: list[dict] = []


class Other(LivePage):
    template = Template.parse("<p>other {flash.get('info')}</p>")


def make_site(bus: MemoryBus) -> LiveSite:
    return LiveSite(
        [
            PageRoute("/", Counter),
            PageRoute("/other", Other),
            PageRoute("/slow", Slow),
            PageRoute("/admin", Other, live_session="admin"),
        ],
        layout=lambda parts: LAYOUT(parts=parts),
        signer=SIGNER,
        bus=bus,
        access=Access(frozenset({"testserver"})),
        session_of=session_of,
    )


LAYOUT = Template.parse(
    "<html><title>{parts.title}</title><meta name=csrf content={parts.csrf_token}>{parts.content}</html>"
)


async def session_of(request):
    return None if "banned" in request.cookies else {"plus": 1}


class Browser:
    """Joins a page over a socket without a transport."""

    def __init__(self) -> None:
        self.bus = MemoryBus()
        self.site = make_site(self.bus)
        self.browser = BrowserSession.new(SIGNER)
        self.socket = self.make_socket(self.browser)
        self.ref = 0

    def make_socket(self, browser):
        return Socket(
            {"lv:*": lambda: LiveChannel(self.site, SIGNER)},
            bus=self.bus,
            limits=Limits(),
            assigns={"browser": browser},
            user_bucket=TokenBucket(1000, 1000),
        )

    def token(self, **changes):
        content = {
            "id": "phx-1",
            "page": "/",
            "live_session": "default",
            "browser": self.browser.session_id,
            "session": {"plus": 1},
        }
        return SIGNER.sign("view", content | changes)

    async def join(self, *, topic="lv:phx-1", **changes):
        payload = {
            "url": "http://testserver/?start=4",
            "params": {"_csrf_token": self.browser.csrf_token()},
            "session": self.token(),
        }
        payload |= changes
        await self.socket.receive(json.dumps(["1", "1", topic, "phx_join", payload]))
        return (await self.read())[4]

    async def join_slow(self):
        url = "http://testserver/slow?start=4"
        return await self.join(url=url, session=self.token(page="/slow"))

    async def push(self, event, payload):
        self.ref += 1
        frame = ["1", f"r{self.ref}", "lv:phx-1", event, payload]
        await self.socket.receive(json.dumps(frame))
        return (await self.read())[4]

    async def event(self, name, value=None, kind="click"):
        return await self.push("event", {"type": kind, "event": name, "value": value})

    async def read(self):
        data = await asyncio.wait_for(self.socket.next_message(), LIMIT_S)
        return json.loads(data)


@pytest.fixture
async def browser():
    made = Browser()
    yield made
    await made.socket.stop_channels("closed")


async def test_a_join_gives_the_whole_page(browser):
    answer = await browser.join()

    assert answer["status"] == "ok"
    rendered = answer["response"]["rendered"]
    assert rendered["0"] == "5"
    assert rendered["t"] == "Counter"
    assert rendered["2"]["stream"] == ["log", [["log-5", -1, None, False]], []]


async def test_an_event_gives_what_changed(browser):
    await browser.join()

    answer = await browser.event("add", {"by": "2"})

    assert answer == {
        "status": "ok",
        "response": {
            "diff": {
                "0": "7",
                "2": {
                    "k": {"0": {"0": ' id="log-7"', "1": "7"}, "kc": 1},
                    "stream": ["log", [["log-7", -1, None, False]], []],
                },
            }
        },
    }


async def test_a_form_comes_as_fields(browser):
    await browser.join()
    payload = {
        "type": "form",
        "event": "reply",
        "value": "a=1&a=2&b%5B%5D=x&b%5B%5D=y&empty=&_unused_a=&n=%C3%A4",
        "meta": {"_target": "a"},
    }

    answer = await browser.push("event", payload)

    fields = {"a": "2", "b": ["x", "y"], "empty": "", "n": "ä", "_target": "a"}
    assert answer["response"]["diff"]["r"] == {"got": fields}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"event": 5, "type": "click", "value": {}},
        {"event": "add", "type": "form", "value": {"a": 1}},
        {"event": "add", "type": "form", "value": "&".join(["a=1"] * 2000)},
    ],
)
async def test_malformed_events_are_answered_and_the_page_lives_on(browser, payload):
    await browser.join()

    assert await browser.push("event", payload) == {
        "status": "error",
        "response": {"reason": "malformed event"},
    }
    assert (await browser.event("add"))["status"] == "ok"


async def test_an_expected_failure_becomes_a_flash(browser):
    await browser.join()

    answer = await browser.event("refuse")
    cleared = await browser.event("lv:clear-flash", {"key": "error"})

    assert answer["response"]["diff"] == {"1": "It is full. Wait."}
    assert cleared["response"]["diff"] == {"1": ""}


async def test_a_burst_of_messages_is_one_diff(browser):
    await browser.join()
    for _ in range(5):
        browser.bus.publish("counter", "more", {"by": 1, "id": _})

    assert await browser.read() == ["1", None, "lv:phx-1", "diff", {"0": "10"}]


async def test_what_takes_long_answers_the_event_at_once_and_shows_its_end(browser):
    await browser.join_slow()

    answer = await browser.event("wait", {"s": 0.05})

    assert answer == {"status": "ok", "response": {"diff": {}}}
    assert await browser.read() == ["1", None, "lv:phx-1", "diff", {"0": "15"}]


async def test_what_takes_long_and_fails_becomes_a_flash(browser):
    await browser.join_slow()

    await browser.event("wait", {"s": 0, "refused": True})

    assert await browser.read() == ["1", None, "lv:phx-1", "diff", {"1": "It is full. Wait."}]


async def test_what_takes_long_ends_with_the_page(browser):
    await browser.join_slow()
    value = {"s": 60}
    await browser.event("wait", value)
    await asyncio.sleep(0)

    await browser.socket.stop_channels("closed")
    await asyncio.sleep(0)

    assert value in stopped


async def test_a_page_without_a_browser_waits_for_nothing():
    page = Counter()
    page.attach_state(PageState(None, {}))
    future = asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="Counter starts wait"):
        page.start_async("wait", future)


async def test_a_changed_title_is_sent_once(browser):
    await browser.join()

    assert (await browser.event("retitle"))["response"]["diff"] == {"t": "Other"}
    assert (await browser.event("retitle"))["response"]["diff"] == {}


async def test_push_patch_runs_handle_params_and_tells_the_browser(browser):
    await browser.join()

    answer = await browser.event("patch")

    assert answer["response"]["live_patch"] == {"to": "/?tab=two", "kind": "push"}


async def test_a_patch_to_another_page_is_our_own_mistake_and_crashes(browser):
    await browser.join()
    await browser.socket.receive(
        json.dumps(
            ["1", "2", "lv:phx-1", "event", {"type": "click", "event": "stray", "value": {}}]
        )
    )

    assert (await browser.read())[3] == "phx_error"


async def test_a_visitor_sent_to_another_page_takes_the_flash_along_signed(browser):
    await browser.join()

    where = (await browser.event("leave"))["response"]["live_redirect"]

    assert (where["to"], where["kind"]) == ("/other", "push")
    assert SIGNER.verify("flash", where["flash"], max_age_s=60) == {"info": "bye"}


async def test_a_page_may_send_its_visitor_on_while_it_is_joined(browser):
    answer = await browser.join(url="http://testserver/?tab=jump")

    assert answer["status"] == "error"
    assert answer["response"]["live_redirect"] == {"to": "/other", "kind": "push"}


async def test_a_live_patch_of_the_client_changes_the_parameters(browser):
    await browser.join()

    same = await browser.push("live_patch", {"url": "http://testserver/?tab=x"})
    other = await browser.push("live_patch", {"url": "http://testserver/other"})
    nonsense = await browser.push("live_patch", {"url": 5})

    assert same == {"status": "ok", "response": {"diff": {}}}
    assert other["response"] == {"link_redirect": True}
    assert nonsense["response"] == {"link_redirect": True}


REFUSED = [
    ("unauthorized", {"topic": "lv:phx-2"}),
    ("stale", {"session": "forged"}),
    ("stale", {"session": None}),
    ("stale", {"params": {}}),
    ("stale", {"params": None}),
    ("stale", {"params": {"_csrf_token": "forged"}}),
    ("stale", {"url": "http://testserver/other"}),
    ("unauthorized", {"url": "http://testserver/nowhere"}),
    ("unauthorized", {"url": "http://[testserver"}),
    ("unauthorized", {"url": None}),
    ("unauthorized", {"url": None, "redirect": "http://testserver/admin"}),
    ("unauthorized", {"url": "http://testserver/?start=gone"}),
]


@pytest.mark.parametrize(("reason", "changes"), REFUSED)
async def test_joins_that_do_not_fit_send_the_browser_back_to_http(browser, reason, changes):
    answer = await browser.join(**changes)

    assert answer["status"] == "error"
    assert answer["response"]["reason"] == reason


async def test_a_page_that_cannot_load_just_now_is_joined_again_later(browser):
    payload = {
        "url": "http://testserver/?start=away",
        "params": {"_csrf_token": browser.browser.csrf_token()},
        "session": browser.token(),
    }

    await browser.socket.receive(json.dumps(["1", "1", "lv:phx-1", "phx_join", payload]))

    assert (await browser.read())[3] == "phx_error"


async def test_the_session_of_another_browser_is_refused(browser):
    thief = BrowserSession.new(SIGNER)
    browser.socket = browser.make_socket(thief)

    answer = await browser.join(params={"_csrf_token": thief.csrf_token()})

    assert answer["response"]["reason"] == "unauthorized"


async def test_without_a_cookie_the_page_is_not_reloaded_for_ever(browser):
    browser.socket = browser.make_socket(None)

    answer = await browser.join()

    assert answer["response"]["reason"] == "no session cookie"


async def test_a_live_redirect_within_the_live_session_is_joined(browser):
    flash = SIGNER.sign("flash", {"info": "hello"})

    answer = await browser.join(url=None, redirect="http://testserver/other", flash=flash)

    assert answer["status"] == "ok"
    assert answer["response"]["rendered"]["0"] == "hello"


# --- the first HTML ---


@pytest.fixture
async def http():
    site = make_site(MemoryBus())
    app = Starlette(
        routes=site.routes(),
        exception_handlers={errors.NotFound: lambda _, error: _text(error)},
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


def _text(error):
    return PlainTextResponse(error.code, 404)


async def test_the_first_html_holds_the_page_and_what_a_join_needs(http):
    answer = await http.get("/?start=2")

    assert answer.status_code == 200
    assert '<p id="n">3</p>' in answer.text
    assert "<title>Counter</title>" in answer.text
    assert "data-phx-main" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()


async def test_a_known_browser_keeps_its_cookie(http):
    await http.get("/")

    assert "set-cookie" not in (await http.get("/")).headers


async def test_what_mount_does_not_find_is_an_http_404(http):
    assert (await http.get("/?start=gone")).text == "gone"


async def test_who_is_not_let_in_sees_no_difference_to_nothing(http):
    http.cookies.set("banned", "1")

    assert (await http.get("/")).text == "page_not_found"


async def test_a_page_that_wants_to_go_elsewhere_is_an_http_redirect(http):
    answer = await http.get("/?tab=jump", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/other")


async def test_a_flash_over_a_full_load_is_shown_once(http):
    http.cookies.set("__phoenix_flash__", SIGNER.sign("flash", {"info": "hello"}))

    answer = await http.get("/other")

    assert "other hello" in answer.text
    assert "__phoenix_flash__=" in answer.headers["set-cookie"]


async def test_a_forged_cookie_is_a_new_browser(http):
    http.cookies.set(COOKIE, "forged")

    assert COOKIE in (await http.get("/")).headers["set-cookie"]


# --- pages alone ---


async def test_a_page_can_be_driven_without_a_browser():
    driver = await PageDriver.mount(Counter(), params={"start": "1"})

    await driver.page.handle_event("add", {"by": "2"})

    assert driver.topics == ["counter"]
    assert '<p id="n">3</p>' in driver.html()


async def test_an_attribute_that_hides_the_page_s_own_is_named():
    class Careless(LivePage):
        template = Template.parse("<p></p>")

        async def mount(self, params, session):
            self.stream = []

    driver = await PageDriver.mount(Careless())

    with pytest.raises(TypeError, match=r"Careless\.stream hides"):
        driver.html()
