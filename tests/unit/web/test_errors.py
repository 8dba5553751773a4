"""Failure to status."""

from __future__ import annotations

import json

import pytest

from soundforge import errors
from soundforge.web.errors import of_error, status_of

STATUSES = [
    (errors.NotFound("track_not_found", "x"), 404),
    (errors.Invalid("url_invalid", "x"), 422),
    (errors.Conflict("job_state", "x"), 409),
    (errors.Denied("private", "x"), 403),
    (errors.Limited("slow_down", "x"), 429),
    (errors.Unavailable("away", "x"), 503),
    (errors.Invalid("file_too_large", "x"), 413),
    (errors.Invalid("media_type_unsupported", "x"), 415),
    (errors.Conflict("disk_full", "x"), 507),
]


@pytest.mark.parametrize(
    ("error", "status"), STATUSES, ids=lambda value: getattr(value, "code", value)
)
def test_each_kind_has_its_status(error, status):
    assert status_of(error) == status


def test_a_problem_says_it_for_programs_and_for_people():
    answer = of_error(errors.Conflict("job_state", "It has ended.", "Retry it."))

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It has ended.",
        "code": "job_state",
        "next_step": "Retry it.",
        "request_id": "",
        "errors": [],
    }


@pytest.mark.parametrize(("wait_s", "header"), [(0.2, "1"), (30.4, "30"), (None, None)])
def test_when_to_come_again_is_a_header(wait_s, header):
    answer = of_error(errors.Unavailable("away", "x", retry_after_s=wait_s))

    assert answer.headers.get("retry-after") == header
