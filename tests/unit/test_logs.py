"""Log lines: fields in, secrets and line breaks out."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge import logs


@pytest.fixture(autouse=True)
def _restore_logging():
    root, ours = logging.getLogger(), logging.getLogger("soundforge")
    before = (root.handlers, root.level, ours.level)
    yield
    root.handlers, root.level, ours.level = before
    logging.captureWarnings(capture=False)


@pytest.fixture
def text():
    stream = io.StringIO()
    logs.setup("text", stream=stream)
    return stream


@pytest.fixture
def lines():
    stream = io.StringIO()
    logs.setup("json", stream=stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


logger = logging.getLogger("soundforge.test")


def test_json_has_the_message_and_the_extra_fields(lines):
    logger.info("stage finished", extra={"took_s": 1.5, "parts": ["a", 2]})

    (line,) = lines()
    assert line["message"] == "stage finished"
    assert (line["level"], line["logger"]) == ("info", "soundforge.test")
    assert (line["took_s"], line["parts"]) == (1.5, ["a", 2])
    assert line["time"].endswith("+00:00")


def test_text_has_the_message_and_the_fields(text):
    with logs.bind(job_id=7):
        logger.warning("engine crashed", extra={"engine": "echo"})

    assert "warning test: engine crashed  job_id=7  engine=echo\n" in text.getvalue()


def test_ids_are_bound_for_the_block_only_and_nest(lines):
    with logs.bind(request_id="r1", job_id="j1"):
        with logs.bind(job_id="j2", stage="separate"):
            logger.info("inner")
        logger.info("outer")
    logger.info("after")

    inner, outer, after = lines()
    assert (inner["request_id"], inner["job_id"], inner["stage"]) == ("r1", "j2", "separate")
    assert outer["job_id"] == "j1"
    assert "job_id" not in after
    assert logs.bound() == {}


async def test_tasks_of_a_block_carry_its_ids_and_do_not_mix(lines):
    async def work(number):
        with logs.bind(job_id=number):
            await asyncio.sleep(0)
            logger.info("worked", extra={"number": number})

    await asyncio.gather(*(work(number) for number in range(3)))

    assert [line["job_id"] for line in lines()] == [str(line["number"]) for line in lines()]


def test_a_field_cannot_replace_the_level_or_the_time(lines):
    logger.info("real", extra={"level": "error", "time": "never", "logger": "forged"})

    assert (lines()[0]["level"], lines()[0]["logger"]) == ("info", "soundforge.test")


@pytest.mark.parametrize(
    ("extra", "message", "args"),
    [
        ({"password": "s3cret-value"}, "x", ()),
        ({"client_secret": "s3cret-value"}, "x", ()),
        ({"Authorization": "s3cret-value"}, "x", ()),
        ({"nested": {"access_token": "s3cret-value"}}, "x", ()),
        ({"url": "postgresql://sfa:s3cret-value@127.0.0.1:5/x"}, "x", ()),
        ({"urls": ["https://:s3cret-value@host/"]}, "x", ()),
        ({}, "cannot reach %s", ("postgresql://sfa:s3cret-value@host/x",)),
        ({}, "sent Authorization: Bearer s3cret-value", ()),
        ({}, "GET /cb?code=1&access_token=s3cret-value&x=1", ()),
        ({}, "password=s3cret-value", ()),
    ],
)
@pytest.mark.parametrize("shape", ["text", "json"])
def test_secrets_are_hidden(shape, extra, message, args):
    stream = io.StringIO()
    logs.setup(shape, stream=stream)

    logger.warning(message, *args, extra=extra)

    assert "s3cret-value" not in stream.getvalue()
    assert "***" in stream.getvalue()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_secrets_in_a_traceback_are_hidden(shape):
    stream = io.StringIO()
    logs.setup(shape, stream=stream)

    try:
        raise ValueError("postgresql://sfa:" + "s3cret-value" + "@host/x")
    except ValueError:
        logger.exception("failed")

    assert "s3cret-value@" not in stream.getvalue()
    assert "ValueError" in stream.getvalue()


HOSTILE = "a\r\n00:00:00 error app: forged\x1b[2J\u2028\u202e\x00end"


def test_what_users_send_cannot_forge_a_line_or_steer_the_terminal(text):
    logger.info("title %s", HOSTILE, extra={"title": HOSTILE})

    assert len(text.getvalue().splitlines()) == 1
    assert not set(text.getvalue().rstrip("\n")) & set("\r\n\x1b\x00\u2028\u202e")


def test_an_exception_cannot_forge_a_line(text):
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        logger.exception("failed")

    first, *rest = text.getvalue().splitlines()
    assert "failed" in first
    assert all(line.startswith("    | ") for line in rest)


@given(
    st.text(),
    st.one_of(st.text(), st.floats(), st.binary(), st.dictionaries(st.text(), st.floats())),
)
def test_any_text_is_one_valid_json_line(message, value):
    record = logging.makeLogRecord({"msg": message, "name": "soundforge", "levelname": "INFO"})
    record.value = value

    line = logs.JsonFormatter().format(record)

    assert len(line.splitlines()) == 1
    json.loads(line, parse_constant=pytest.fail)


def test_a_wrong_format_string_does_not_lose_the_line():
    record = logging.makeLogRecord({"name": "x", "msg": "%d tracks", "args": ("many",)})

    assert "many" in logs.TextFormatter().format(record)


def test_other_libraries_are_heard_from_warnings_on(lines):
    logging.getLogger("sqlalchemy").info("chatter")
    logging.getLogger("sqlalchemy").warning("trouble")

    assert [line["message"] for line in lines()] == ["trouble"]


def test_the_level_is_ours_to_set(lines):
    logs.setup("json", "error", stream=io.StringIO())

    assert not logger.isEnabledFor(logging.WARNING)


def test_auto_is_json_where_nobody_watches():
    stream = io.StringIO()
    logs.setup("auto", stream=stream)

    logger.info("hello")

    assert json.loads(stream.getvalue())["message"] == "hello"
