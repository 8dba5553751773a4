"""The OpenAPI document, and schemathesis asking the running program whether it is true."""

from __future__ import annotations

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from soundforge.web import router

EXAMPLES = 15
SEED_FREE = {
    "derandomize": True,  # the same requests in every run
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}

# A link, a cursor or a model may be well formed and still name nothing: a refusal is right.
MAY_BE_REFUSED = [positive_data_acceptance]
schema = schemathesis.openapi.from_dict(router.make().openapi())


@pytest.fixture(scope="session")
def base_url(app_server):
    return f"http://127.0.0.1:{app_server.port}"


def test_the_program_gives_the_document_that_is_tested(base_url):
    assert httpx.get(f"{base_url}/api/v1/openapi.json").json() == schema.raw_schema


@schema.parametrize()
@settings(max_examples=EXAMPLES, **SEED_FREE)
def test_whatever_is_asked_the_answer_is_one_of_the_document(case, base_url):
    case.call_and_validate(base_url=base_url, timeout=30, excluded_checks=MAY_BE_REFUSED)


@schema.include(method="GET").parametrize()
@settings(max_examples=3, **SEED_FREE)
def test_what_is_there_is_answered_as_the_document_says(case, base_url, ready_track):
    real = {
        "track_id": ready_track["id"],
        "job_id": ready_track["jobs"][-1]["id"],
        "stem_id": ready_track["stems"][0]["id"],
        "number": 0,
    }
    for name in case.path_parameters or ():
        if name in real:
            case.path_parameters[name] = real[name]
    case.query = {}

    case.call_and_validate(base_url=base_url, timeout=30, excluded_checks=MAY_BE_REFUSED)
