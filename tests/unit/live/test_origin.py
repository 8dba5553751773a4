"""Who may open a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.live import origin

HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@pytest.mark.parametrize(
    ("host", "sent_origin", "is_good"),
    [
        ("localhost:4000", "http://localhost:4000", True),
        ("127.0.0.1:4000", "http://127.0.0.1:4000", True),
        ("[::1]:4000", "http://[::1]:4000", True),
        ("LOCALHOST:4000", "http://localhost:4000", True),
        ("localhost", "http://localhost:80", True),
        ("localhost:4000", None, True),
        ("localhost:4000", "https://studio.example", True),
        ("localhost:4000", "http://localhost:4001", False),
        ("localhost:4000", "http://evil.example", False),
        ("localhost:4000", "http://localhost.evil.example:4000", False),
        ("localhost:4000", "http://evil.example:4000/localhost", False),
        ("localhost:4000", "http://localhost:4000@evil.example", False),
        ("localhost:4000", "null", False),
        ("localhost:4000", "", False),
        ("localhost:4000", "file://localhost:4000", False),
        ("localhost:4000", "http://localhost:4000 http://evil.example", False),
        ("localhost:4000", "http://[localhost:4000", False),
        ("localhost:4000", "http://localhost:99999", False),
        ("evil.example:4000", "http://evil.example:4000", False),
        ("evil.example:4000", None, False),
        ("evil@localhost:4000", None, False),
        ("localhost:4000/x", None, False),
        ("", None, False),
        (None, None, False),
    ],
)
def test_host_is_ours_and_origin_is_the_same(host, sent_origin, is_good):
    allowed = origin.is_allowed(
        host, sent_origin, scheme="ws", hosts=HOSTS, origins={"https://studio.example"}
    )

    assert allowed is is_good


@given(st.text(), st.text() | st.none())
def test_no_header_breaks_it(host, sent_origin):
    origin.is_allowed(host, sent_origin, scheme="ws", hosts=HOSTS)
