"""Clients that lie, shout or stay silent, against a real server."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import urllib.error
import urllib.request

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LIMIT_S = 10.0


def address(site, query: str = "vsn=2.0.0", path: str = "/socket/websocket") -> str:
    return f"ws://127.0.0.1:{site.port}{path}?{query}"


async def closed_with(socket) -> int:
    """Read until the server closes; return its code."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(LIMIT_S):
            async for _ in socket:
                pass
    return socket.close_code


async def answer_to(socket, *frame):
    await socket.send(json.dumps(frame))
    async with asyncio.timeout(LIMIT_S):
        return json.loads(await socket.recv())


async def assert_it_still_serves(site) -> None:
    async with connect(address(site)) as socket:
        answer = await answer_to(socket, "1", "1", "jobs:1", "phx_join", {})
    assert answer[4]["status"] == "ok"
    assert "Traceback" not in site.log


@pytest.mark.parametrize("query", ["", "vsn=1.0.0", "vsn=3.0.0", "vsn=", "vsn=two"])
async def test_other_versions_of_the_protocol_are_refused(shared_site, query):
    with pytest.raises(InvalidStatus, match="403"):
        await connect(address(shared_site, query))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_pages_of_other_sites_are_refused(shared_site, origin):
    for path in ("/socket/websocket", "/live/websocket"):
        with pytest.raises(InvalidStatus, match="403"):
            await connect(address(shared_site, path=path), origin=origin)


async def test_a_name_that_was_pointed_at_us_is_refused(shared_site):
    with pytest.raises(InvalidStatus, match="403"):
        await connect(
            address(shared_site).replace("127.0.0.1", "rebound.example"),
            host="127.0.0.1",
            port=shared_site.port,
        )


async def test_our_own_origin_is_let_in(shared_site):
    async with connect(address(shared_site), origin=shared_site.url) as socket:
        answer = await answer_to(socket, None, "1", "phoenix", "heartbeat", {})
    assert answer[4]["status"] == "ok"


@pytest.mark.parametrize("token", ["!!!", "_w", "a"])
async def test_a_token_that_is_not_base64_text_names_nobody(shared_site, token):
    protocols = ["phoenix", f"base64url.bearer.phx.{token}"]
    async with connect(address(shared_site), subprotocols=protocols) as socket:
        answer = await answer_to(socket, "1", "1", "jobs:1", "phx_join", {})

    assert answer[4]["response"]["user"] is None


async def test_a_token_that_the_hook_refuses_is_a_403(shared_site):
    token = base64.b64encode(b"bad").decode().rstrip("=")
    with pytest.raises(InvalidStatus, match="403"):
        await connect(
            address(shared_site), subprotocols=["phoenix", f"base64url.bearer.phx.{token}"]
        )


@pytest.mark.parametrize("path", ["/socket", "/socket/other", "/socket/websocket/x", "/live/x"])
async def test_other_addresses_are_no_sockets(shared_site, path):
    with pytest.raises(InvalidStatus):
        await connect(address(shared_site, path=path))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", 1007),
        ("hello", 1007),
        ("[1,2]", 1007),
        ('[null,null,"t","e",{}', 1007),
        ('["1","1","jobs:1","phx_join",' + '{"a":' * 50 + "1" + "}" * 50 + "]", 1007),
        ('[null,null,"t","e",{"a":"\\ud800"}]', 1007),
        (b"\x00\xff\xff\xff\xff", 1007),
        ("x" * 200_000, 1009),
        (b"\x00" * 200_000, 1009),
    ],
)
async def test_malformed_and_oversize_frames_close_cleanly(shared_site, data, code):
    async with connect(address(shared_site)) as socket:
        await socket.send(data)

        assert await closed_with(socket) == code

    await assert_it_still_serves(shared_site)


async def test_a_flood_is_refused_then_cut(shared_site):
    async with connect(address(shared_site)) as socket:
        frame = json.dumps([None, "1", "nobody:1", "e", {}])
        for _ in range(400):
            try:
                await socket.send(frame)
            except ConnectionClosed:
                break

        assert await closed_with(socket) == 1008

    await assert_it_still_serves(shared_site)


async def test_a_silent_client_is_dropped(shared_site):
    async with connect(address(shared_site), ping_interval=None) as socket:
        async with asyncio.timeout(20):
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

    assert closed.value.rcvd.code == 1000


async def test_pushes_to_a_foreign_topic_are_unmatched(shared_site):
    async with connect(address(shared_site)) as socket:
        await answer_to(socket, "1", "1", "jobs:1", "phx_join", {})

        answer = await answer_to(socket, "1", "2", "jobs:2", "ping", {})

    assert answer[4] == {"status": "error", "response": {"reason": "unmatched topic"}}


async def test_topics_are_limited(shared_site):
    async with connect(address(shared_site)) as socket:
        answers = [
            await answer_to(socket, str(n), str(n), f"jobs:{n}", "phx_join", {}) for n in range(9)
        ]

    assert [answer[4]["status"] for answer in answers] == ["ok"] * 8 + ["error"]
    assert answers[8][4]["response"] == {"reason": "too many topics"}


async def test_a_live_page_cannot_be_joined_without_its_session(shared_site):
    async with connect(address(shared_site, path="/live/websocket")) as socket:
        answer = await answer_to(
            socket, "1", "1", "lv:phx-x", "phx_join", {"url": shared_site.url, "session": "x"}
        )

    assert answer[4] == {"status": "error", "response": {"reason": "no session cookie"}}


# --- long poll ---


def poll(site, method: str = "GET", query: str = "vsn=2.0.0", data: bytes | None = None, **headers):
    request = urllib.request.Request(
        f"{site.url}/socket/longpoll?{query}", data, method=method, headers=headers
    )
    with urllib.request.urlopen(request, timeout=LIMIT_S) as response:
        assert response.status == 200
        return json.load(response)


def test_long_poll_keeps_the_same_rules(shared_site):
    opened = poll(shared_site)
    query = f"vsn=2.0.0&token={opened['token']}"

    assert opened["status"] == 410
    assert poll(shared_site, query="vsn=1.0.0") == {"status": 403}
    assert poll(shared_site, Origin="http://evil.example") == {"status": 403}
    assert poll(shared_site, Host="rebound.example") == {"status": 403}
    assert poll(shared_site, query="vsn=2.0.0&token=unknown") == {"status": 410}
    assert poll(shared_site, "POST", "vsn=2.0.0&token=unknown", b"[]") == {"status": 410}
    assert poll(shared_site, "POST", query, b"x" * 600_000) == {"status": 413}
    assert poll(shared_site, query=query)["status"] == 204
    assert poll(shared_site, "POST", query, b'[null,"1","phoenix","heartbeat",{}]') == {
        "status": 200
    }
    assert json.loads(poll(shared_site, query=query)["messages"][0])[3] == "phx_reply"


def test_malformed_frames_end_a_long_poll_session(shared_site):
    query = f"vsn=2.0.0&token={poll(shared_site)['token']}"

    poll(shared_site, "POST", query, b"nonsense")

    assert poll(shared_site, query=query)["status"] == 410
    assert "Traceback" not in shared_site.log


async def test_a_long_poll_session_that_nobody_asks_for_is_forgotten(shared_site):
    query = f"vsn=2.0.0&token={poll(shared_site)['token']}"
    deadline = asyncio.get_running_loop().time() + LIMIT_S
    while shared_site.get("/sockets"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.1)

    assert poll(shared_site, query=query) == {"status": 410}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_other_methods_do_nothing(shared_site, method):
    token = poll(shared_site)["token"]

    with pytest.raises(urllib.error.HTTPError, match="405"):
        poll(shared_site, method, f"vsn=2.0.0&token={token}")
