"""Tokens: only ours, only for their purpose, only for a while, only for one browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.live.session import COOKIE, BrowserSession, Signer

KEY = b"k" * 32


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3))
def test_a_token_gives_its_value_back(value):
    signer = Signer(KEY)

    assert signer.verify("view", signer.sign("view", value), max_age_s=60) == value


@given(st.text() | st.none() | st.integers())
def test_what_we_did_not_make_is_refused(token):
    assert Signer(KEY).verify("view", token, max_age_s=60) is None


def test_a_token_is_good_for_its_purpose_only():
    signer = Signer(KEY)

    assert signer.verify("flash", signer.sign("view", 1), max_age_s=60) is None


def test_a_token_of_another_key_is_refused():
    assert Signer(KEY).verify("view", Signer(b"x" * 32).sign("view", 1), max_age_s=60) is None


@pytest.mark.parametrize(("age_s", "is_good"), [(0, True), (60, True), (61, False), (-120, False)])
def test_a_token_lives_for_a_while(age_s, is_good):
    clock = Clock()
    signer = Signer(KEY, clock)
    token = signer.sign("view", 1)
    clock.now_s += age_s

    assert (signer.verify("view", token, max_age_s=60) == 1) is is_good


def test_every_changed_character_is_noticed():
    signer = Signer(KEY)
    token = signer.sign("view", {"user": 1})

    for at, char in enumerate(token[:-1]):  # the last one may hold unused bits
        forged = token[:at] + ("A" if char != "A" else "B") + token[at + 1 :]
        assert signer.verify("view", forged, max_age_s=60) is None


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")


def test_a_csrf_token_belongs_to_one_browser():
    signer = Signer(KEY)
    ann, ben = BrowserSession.new(signer), BrowserSession.new(signer)

    assert ann.owns_csrf_token(ann.csrf_token())
    assert not ann.owns_csrf_token(ben.csrf_token())
    assert not ann.owns_csrf_token(ann.cookie())


def test_a_browser_is_known_by_its_cookie():
    signer = Signer(KEY)
    ann = BrowserSession.new(signer)

    known = BrowserSession.of(signer, {COOKIE: ann.cookie()})

    assert known is not None
    assert known.session_id == ann.session_id
    assert BrowserSession.of(signer, {}) is None
    assert BrowserSession.of(signer, {COOKIE: ann.csrf_token()}) is None
