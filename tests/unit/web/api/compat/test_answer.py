"""Bodies and failures in the original's shape."""

from __future__ import annotations

import json

import pytest

from soundforge.web.api.compat import answer


def test_a_success_is_flat():
    made = answer.success({"job_id": "1"}, status=201)

    assert made.status_code == 201
    assert json.loads(made.body) == {"success": True, "job_id": "1"}


def test_a_failure_is_the_originals_with_our_code_beside_it():
    made = answer.refusal(400, "url parameter is required", "url_required", "Send it.")

    assert json.loads(made.body) == {
        "error": "url parameter is required",
        "code": "url_required",
        "next_step": "Send it.",
    }


def test_text_that_is_no_unicode_can_still_be_answered():
    assert json.loads(answer.refusal(400, "no \ud800", "x").body)["error"] == "no \ud800"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (" a ", "a"),
        ("", None),
        ("  ", None),
        (7, None),
        (None, None),
        ("a\x00", None),
        ("\ud800", None),
    ],
)
def test_a_field_is_text_with_something_in_it_or_nothing(value, text):
    assert answer.text_of({"url": value}, "url") == text


def test_a_field_that_is_not_there_is_nothing():
    assert answer.text_of({}, "url") is None
