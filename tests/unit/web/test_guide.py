"""The OpenAPI document in words."""

from __future__ import annotations

import pytest

from soundforge.web import guide, router

BASE = "http://127.0.0.1:4000"
CURL_JSON = """curl -H 'Content-Type: application/json' -d '{"stage": "separate"}' """


@pytest.fixture(scope="module")
def document():
    return router.make().openapi()


@pytest.fixture(scope="module")
def routes(document):
    return {route.id: route for _, group in guide.routes(document, BASE) for route in group}


def test_a_field_says_its_type_and_its_bounds(routes):
    limit = next(field for field in routes["tracks_index"].fields if field.name == "limit")

    assert (limit.place, limit.type, limit.is_required) == ("query", "integer", False)
    assert limit.note == "At least 1; at most 200; default 50."


def test_a_field_that_may_be_null_says_so(routes):
    model = next(field for field in routes["imports_create"].fields if field.name == "model")

    assert model.type == "string or null"
    assert "t most 64 characters" in model.note


@pytest.mark.parametrize(
    ("route", "example"),
    [
        ("tracks_show", f"curl {BASE}/api/v1/tracks/track_id"),
        ("tracks_delete", f"curl -X DELETE {BASE}/api/v1/tracks/track_id"),
        ("uploads_create", f"curl -F file=@song.flac {BASE}/api/v1/uploads"),
        (
            "tracks_run",
            CURL_JSON + f"{BASE}/api/v1/tracks/track_id/jobs",
        ),
    ],
)
def test_an_example_can_be_pasted_into_a_shell(routes, route, example):
    assert routes[route].example == example


def test_an_answer_names_its_shape(routes):
    shapes = {answer.status: answer.shape for answer in routes["tracks_show"].answers}

    assert shapes["200"] == "TrackBody"
    assert shapes["404"] == "Problem"
    assert {answer.shape for answer in routes["stems_file"].answers} >= {"audio/flac", "Problem"}


def test_every_shape_has_its_fields(document):
    shapes = {shape.name: shape for shape in guide.shapes(document)}

    assert {"TrackOut", "JobOut", "StemOut", "Problem"} <= set(shapes)
    assert all(shape.fields for shape in shapes.values())
    assert {field.name: field.type for field in shapes["TrackBody"].fields} == {"data": "TrackOut"}
