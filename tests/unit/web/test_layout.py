"""The error page: what is said, and nothing that runs."""

from __future__ import annotations

from soundforge.web.layout import error_page


def test_the_error_page_says_what_and_what_next_with_the_code():
    html = error_page(
        404,
        code="track_not_found",
        message="There is no such track.",
        next_step="Look in the library.",
        request_id="b41f77a2",
    )

    assert "There is nothing here." in html
    assert "There is no such track. Look in the library." in html
    assert "track_not_found" in html
    assert "b41f77a2" in html


def test_the_error_page_connects_to_nothing():
    html = error_page(500, code="internal_error", message="Something went wrong.")

    assert "importmap" not in html
    assert "js/app" not in html


def test_what_is_said_is_escaped():
    html = error_page(404, code="x", message="<script>alert(1)</script>")

    assert "<script>alert" not in html
